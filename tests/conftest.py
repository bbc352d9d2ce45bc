"""Fixtures and Hypothesis profiles shared by every test."""

import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from projects import Project


settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# For the interpreters that only have to agree with the first.
settings.register_profile("brief", settings.get_profile("ci"), max_examples=25)
settings.register_profile("soak", max_examples=5_000, deadline=None)
settings.register_profile(
    "debug", max_examples=10, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

MESSAGES = Path(__file__).parent / "messages"


@pytest.fixture(scope="session", autouse=True)
def _no_bytecode():
    """Import what a file says now: two texts of one second and size share bytecode."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _buffered():
    """Let child processes print as they do for users, whatever is set here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONUNBUFFERED", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_key(tmp_path_factory):
    """Sign with a key of the tests, in child processes too, never with the user's."""
    with pytest.MonkeyPatch.context() as patch:
        key = tmp_path_factory.mktemp("key") / "key"
        patch.setenv("FORGE_KEY_FILE", str(key))
        patch.setenv("XDG_STATE_HOME", str(key.parent))
        patch.delenv("FORGE_TRUST", raising=False)
        yield


@pytest.fixture
def no_threads(monkeypatch):
    """Let no thread start: there is no memory for a stack of that size."""
    from forge import _crew

    monkeypatch.setattr(_crew, "_idle", [])
    before = threading.stack_size(1 << 60)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        threading.Thread().start()
    yield
    threading.stack_size(before)


def _small_disk(limit):
    """Let no file of this process grow above a size, as a full disk would."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))


@pytest.fixture
def limit():
    """Let no file of this process grow above a size that the test says."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.getsignal(signal.SIGXFSZ)
    yield _small_disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


@pytest.fixture
def message() -> Callable[[str, str], None]:
    """Compare a text that users see with its snapshot in tests/messages."""

    def check(name: str, text: str) -> None:
        path = MESSAGES / f"{name}.txt"
        if os.environ.get("FORGE_UPDATE_MESSAGES"):
            path.write_text(text + "\n", encoding="utf-8")
        assert path.exists(), f"no snapshot {path.name}; the text is:\n{text}"
        assert text + "\n" == path.read_text(encoding="utf-8")

    return check


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A user's folder that is the working directory, to write and run scripts in."""
    monkeypatch.delenv("FORGE_RESULTS_DIR", raising=False)
    made = Project(tmp_path / "project")
    monkeypatch.chdir(made.folder)
    yield made
    made.close()
