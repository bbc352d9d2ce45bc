"""Tests of the user's own key."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.records.key import key_path, own_key, read_key


MAKE = """\
import sys
from forge.records.key import own_key

sys.stdin.readline()
print(own_key().hex())
"""


@pytest.fixture(name="key")
def _key(tmp_path, monkeypatch):
    path = tmp_path / "state" / "forge" / "key"
    monkeypatch.setenv("FORGE_KEY_FILE", str(path))
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_is_made_when_it_is_first_needed_and_stays_the_same(key) -> None:
    made = own_key()
    assert len(made) == 32
    assert own_key() == read_key() == key.read_bytes() == made
    assert [path.name for path in key.parent.iterdir()] == ["key"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_key_and_folder_are_the_users_alone_whatever_the_umask(key, umask) -> None:
    key.parent.parent.mkdir()
    before = os.umask(umask)
    try:
        own_key()
    finally:
        os.umask(before)
    assert mode(key) == 0o600
    assert mode(key.parent) == 0o700


def test_30_processes_at_once_make_one_key(key) -> None:
    words = [sys.executable, "-c", MAKE]
    started = [
        subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(30)
    ]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = {process.communicate()[0].strip() for process in started}
    assert answers == {key.read_bytes().hex()}
    assert [path.name for path in key.parent.iterdir()] == ["key"]


def test_a_key_that_others_may_read_is_refused_and_left_as_it_is(key, message) -> None:
    own_key()
    key.chmod(0o644)
    with pytest.raises(ForgeError) as caught:
        own_key()
    assert caught.value.code == "key-refused"
    message("key-refused-open", str(caught.value).replace(str(key), "~/key"))
    assert mode(key) == 0o644


@pytest.mark.parametrize("size", [0, 31, 5000])
def test_a_file_of_another_size_is_no_key(key, size, message) -> None:
    key.parent.mkdir(parents=True)
    key.write_bytes(b"k" * size)
    key.chmod(0o600)
    with pytest.raises(ForgeError) as caught:
        own_key()
    message("key-refused-size", str(caught.value).replace(str(key), "~/key"))


def test_a_pipe_is_no_key_and_is_not_waited_for(key, message) -> None:
    key.parent.mkdir(parents=True)
    os.mkfifo(key, 0o600)
    with pytest.raises(ForgeError) as caught:
        own_key()
    message("key-refused-pipe", str(caught.value).replace(str(key), "~/key"))


def test_a_longer_key_made_elsewhere_will_do(key) -> None:
    key.parent.mkdir(parents=True)
    key.write_bytes(b"0123456789abcdef" * 4)
    key.chmod(0o400)
    assert own_key() == key.read_bytes()


def test_reading_makes_nothing(key) -> None:
    with pytest.raises(FileNotFoundError):
        read_key()
    assert not key.parent.exists()


def test_the_key_lies_where_programs_keep_their_state(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("FORGE_KEY_FILE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert key_path() == tmp_path / ".local/state/forge/key"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert key_path() == tmp_path / "state/forge/key"
    # The rule that defines the variable says that a relative path counts as none.
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    assert key_path() == tmp_path / ".local/state/forge/key"
    monkeypatch.setenv("FORGE_KEY_FILE", "~/shared")
    assert key_path() == tmp_path / "shared"


def test_a_user_that_is_unknown_has_no_key(monkeypatch) -> None:
    monkeypatch.setenv("FORGE_KEY_FILE", "~nobody-of-this-name/key")
    with pytest.raises(OSError, match="home"):
        own_key()


def test_a_place_that_cannot_be_written_gives_no_key(monkeypatch) -> None:
    monkeypatch.setenv("FORGE_KEY_FILE", f"{os.devnull}/forge/key")
    with pytest.raises(OSError, match="Not a directory"):
        own_key()
