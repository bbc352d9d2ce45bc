"""Tests of the contract: our observers pass it, and each broken one fails it."""

import io
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import forge
from forge.observers.base import Event, Logged
from forge.observers.console import ConsoleObserver
from forge.observers.filesystem import FilesystemObserver
from forge.records.layout import RunLayout
from forge.testing import ObserverContract


class TestFilesystemObserver(ObserverContract):
    #: The run folder may lie on a slow disk, and the machine may be busy.
    slowest_log = 5e-3

    @pytest.fixture
    def observer(self, layout: RunLayout) -> FilesystemObserver:
        return FilesystemObserver(layout)


class TestConsoleObserver(ObserverContract):
    @pytest.fixture(params=[None, 1])
    def observer(self, request: pytest.FixtureRequest) -> ConsoleObserver:
        return ConsoleObserver(io.StringIO(), report_every=request.param)


class Nested:
    """Causes an event with each one it gets, as observers that print do."""

    def __init__(self) -> None:
        self.closed = 0

    def receive(self, event: Event) -> None:
        if isinstance(event, Logged):
            assert event.step is None or event.step >= -1

    def close(self) -> None:
        self.closed += 1
        assert self.closed == 1


class TestSmallObserver(ObserverContract):
    @pytest.fixture
    def observer(self) -> Nested:
        return Nested()


#: One observer for each clause, and none of them good.
BROKEN = '''
import threading, time
import pytest
from forge.observers import Completed, Logged, Noted, Started
from forge.testing import ObserverContract

class Base:
    def receive(self, event): ...

class Picky(Base):
    """test_survives_an_event_it_does_not_know"""
    def receive(self, event):
        {"Started": 1, "Completed": 1}[type(event).__name__]

class Meddler(Base):
    """test_changes_nothing_in_an_event"""
    def receive(self, event):
        if isinstance(event, Logged):
            event.metrics["extra"] = 1.0

class Forgetful(Base):
    """test_goes_on_when_an_event_was_lost"""
    def receive(self, event):
        if isinstance(event, Started):
            self.name = event.run.name
        self.name

class Taking(Base):
    """test_takes_metrics_without_an_event"""
    def logged(self, step, time, metrics):
        metrics["loss"] / step

class Slow(Base):
    """test_does_not_hold_up_training"""
    def receive(self, event):
        if isinstance(event, Logged):
            time.sleep(0.002)

class Closing(Base):
    """test_is_closed_once_whatever_happened"""
    def receive(self, event):
        self.file = 1
    def close(self):
        self.file

class Numbers(Base):
    """test_survives_numbers_and_names_of_any_kind"""
    def receive(self, event):
        if isinstance(event, Logged):
            [int(value) for value in event.metrics.values()]

class Forked(Base):
    """test_survives_a_forked_child"""
    def __init__(self):
        import os
        self.pid = os.getpid()
    def receive(self, event):
        import os
        if os.getpid() != self.pid:
            raise RuntimeError("another process")

class Failing(Base):
    """test_takes_every_event_in_order"""
    def receive(self, event):
        if isinstance(event, Completed):
            raise OSError("no network")

for cls in Base.__subclasses__():
    def observer(self, cls=cls):
        return cls()
    body = {"observer": pytest.fixture(observer)}
    name = "Test" + cls.__name__
    globals()[name] = type(name, (ObserverContract,), body)
    del observer

class TestNone(ObserverContract):
    """No fixture."""
'''


def pytest_says(folder: Path, *words: str) -> str:
    home = str(Path(forge.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": home, "COLUMNS": "200"},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr


def test_the_contract_finds_what_is_wrong(
    tmp_path: Path, message: Callable[[str, str], None]
) -> None:
    """Each of them fails the test it is named for."""
    (tmp_path / "test_broken.py").write_text(BROKEN)
    said = pytest_says(tmp_path, "-q", "--tb=short")
    expected = re.findall(r'class (\w+)\(Base\):\n    """(\w+)"""', BROKEN)
    assert len(expected) == 9
    failed = re.findall(r"^FAILED test_broken.py::Test(\w+)::(\w+)", said, re.MULTILINE)
    assert {*expected} <= {*failed}
    passed = {"Meddler", "Slow", "Forgetful", "Closing", "Numbers", "Forked"}
    for name in passed:
        assert {test for one, test in failed if one == name} <= {
            test for one, test in expected if one == name
        } | {"test_does_not_hold_up_training"}
    texts = re.findall(r"^E +(Failed: .*(?:\nE .*)*)", said, re.MULTILINE)
    shown = sorted({re.sub(r"^E +", "  ", t, flags=re.MULTILINE) for t in texts})
    steady = [re.sub(r"\d+\.\d ms", "2.1 ms", text) for text in shown]
    places = re.compile(r"/\S+\.py:\d+")
    message("contract", "\n".join(places.sub("FILE:LINE", text) for text in steady))


def test_without_pytest_the_module_says_what_it_needs(
    tmp_path: Path, message: Callable[[str, str], None]
) -> None:
    code = textwrap.dedent(
        """
        import sys
        sys.modules["pytest"] = None
        try:
            import forge.testing
        except Exception as error:
            print(error)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    message("not-installed-pytest", done.stdout.rstrip())
