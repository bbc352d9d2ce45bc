"""Tests of the contract of adapters: what breaks a clause fails the test of it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import forge
from forge.testing.checkpointing import fingerprint, state_of


#: One kind of object for each clause, and none of them good.
BROKEN = '''
from forge.testing import CheckpointerContract

class Counter:
    def __init__(self, n):
        self.n, self.hidden = n, 10 * n
    def get_state(self):
        return self.n
    def set_state(self, n):
        self.n = n
    def advance(self):
        self.n += 1
        self.hidden += 1
        return self.n, self.hidden

class Base(CheckpointerContract):
    adapter, cases = "plain", ("only",)
    @staticmethod
    def make(case, seed):
        return {"counter": Counter(seed)}
    @staticmethod
    def advance(case, objects):
        objects["counter"].advance()
        return objects["counter"].n

class TestGood(Base):
    """"""

class TestHides(Base):
    """test_goes_on_in_another_process test_a_copied_snapshot_does_not_follow"""
    @staticmethod
    def advance(case, objects):
        return objects["counter"].advance()

class TestForeign(Base):
    """test_takes_its_own_and_nothing_else"""
    adapter = "torch"

class TestFits(Base):
    """test_a_refused_restore_changes_nothing"""
    @staticmethod
    def misfit(case):
        return {"counter": Counter(3)}

class TestPickles(Base):
    """test_writes_what_can_be_read_without_running_it"""
    @staticmethod
    def make(case, seed):
        import forge.checkpoints.adapters as adapters
        adapter = adapters.ADAPTERS[-1]
        class Pickling(type(adapter)):
            def write(self, snapshot, folder):
                (folder / "state.pkl").write_bytes(b"\\x80\\x04.")
                return super().write(snapshot, folder)
        if "Pickling" not in type(adapter).__name__:
            adapters.ADAPTERS = (*adapters.ADAPTERS[:-1], Pickling())
        return Base.make(case, seed)

class TestNothing(CheckpointerContract):
    """test_takes_its_own_and_nothing_else"""
    adapter, cases = "plain", ("only",)
'''


def test_the_contract_finds_what_is_wrong(
    tmp_path: Path, message: Callable[[str, str], None]
) -> None:
    (tmp_path / "test_broken.py").write_text(BROKEN)
    home = str(Path(forge.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": home, "COLUMNS": "200"},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    expected = {
        (name, test)
        for name, tests in re.findall(
            r'class Test(\w+)\(\w+\):\n    """(.*)"""', BROKEN
        )
        for test in tests.split()
    }
    assert len(expected) == 6
    failed = re.findall(r"^FAILED test_broken.py::Test(\w+)::(\w+)", said, re.MULTILINE)
    assert expected <= {*failed}, said
    # Each fails what it is named for alone; of nothing, nothing can be tested.
    alone = {pair for pair in failed if pair[0] not in ("Nothing", "Pickles")}
    assert alone == {pair for pair in expected if pair[0] not in ("Nothing", "Pickles")}
    texts = re.findall(r"^E +(Failed: .*)", said, re.MULTILINE)
    hashes = re.compile(r"\b[0-9a-f]{64}\b")
    message(
        "contract-checkpointer",
        "\n".join(sorted({hashes.sub("HASH", t) for t in texts})),
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [(1, 1.0), ([1], (1,)), (0.0, -0.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})],
)
def test_a_fingerprint_tells_types_and_order(a: object, b: object) -> None:
    assert fingerprint(a) != fingerprint(b)
    assert fingerprint(a) == fingerprint(a)


def test_the_state_of_objects_is_that_of_their_adapters() -> None:
    before = state_of({"a": [1], "b": {"x": 2}})
    assert before == state_of({"a": [1], "b": {"x": 2}})
    assert before["a"] != state_of({"a": [2]})["a"]
