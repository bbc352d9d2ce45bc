import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.records.plain import pretty_json
from forge.records.runfile import (
    Change,
    ComponentFact,
    ErrorFact,
    Git,
    Host,
    InjectedFact,
    Parent,
    RunFile,
    Session,
    read_runfile,
)
from forge.records.status import Status


Message = Callable[[str, str], None]

FULL = RunFile(
    uid="u1",
    name="train",
    number=3,
    status=Status.FAILED,
    argv=("with", "café=1"),
    started="2025-03-04T05:06:07+00:00",
    duration=1.5,
    host=Host(name="node1", cpus=8, gpus=("A100",)),
    git=Git(commit="a" * 40, dirty=False),
    components=(
        ComponentFact(
            path="model", kind="model", name="mlp", module="digits", qualname="mlp"
        ),
    ),
    injected={"model.n_classes": InjectedFact(value=10, origin="dataset entry")},
    seeds={"model": 7},
    result={"accuracy": 0.5},
    error=ErrorFact(type="ValueError", message="no"),
    parent=Parent(kind="resumed", run="train/2", step=500),
    sessions=(
        Session(started="2025-03-04T05:06:07+00:00", changes={"lr": Change(old=1)}),
    ),
)


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "run.json"


def test_every_fact_is_read_as_it_was_written(path: Path) -> None:
    path.write_bytes(pretty_json(FULL))
    assert read_runfile(path) == FULL


def test_argv_that_is_not_utf8_survives(path: Path) -> None:
    words = (os.fsdecode(b"caf\xe9"), "\N{GRINNING FACE}")
    path.write_bytes(pretty_json(msgspec.structs.replace(FULL, argv=words)))
    assert read_runfile(path).argv == words


def test_keys_that_this_version_does_not_know_are_passed_over(path: Path) -> None:
    facts = msgspec.to_builtins(FULL) | {"mood": "good"}
    path.write_bytes(pretty_json(facts))
    assert read_runfile(path) == FULL


def test_a_missing_file_stays_a_missing_file(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_runfile(path)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("run-unreadable-torn", pretty_json(FULL)[:100]),
        ("run-unreadable-empty", b""),
        ("run-unreadable-binary", bytes(range(256))),
        ("run-unreadable-status", b'{"uid":"a","name":"a","number":1,"status":"GONE"}'),
        ("run-unreadable-incomplete", b'{"uid": "a"}'),
        ("run-unreadable-deep", b"[" * 100_000),
        ("run-unreadable-list", b"[]"),
        ("run-unreadable-newer", b'{"format": 2, "status": {}}'),
    ],
)
def test_a_damaged_file_is_a_clear_error(
    path: Path, message: Message, name: str, data: bytes
) -> None:
    path.write_bytes(data)
    with pytest.raises(ForgeError) as caught:
        read_runfile(path)
    assert caught.value.code == "run-unreadable"
    assert caught.value.path == path
    message(name, str(caught.value).replace(str(path.parent), "results/train/3"))


def test_a_huge_file_is_refused_unread(path: Path, message: Message) -> None:
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(ForgeError) as caught:
        read_runfile(path)
    text = str(caught.value).replace(str(path.parent), "results/train/3")
    message("run-unreadable-huge", text)


def test_a_folder_or_a_pipe_in_its_place_is_a_clear_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ForgeError, match="cannot be read: not a regular file"):
        read_runfile(path)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(ForgeError, match="cannot be read: not a regular file"):
        read_runfile(path)


@given(data=st.binary(max_size=200))
def test_no_content_crashes_the_reader(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-run.json"
    path.write_bytes(data)
    with pytest.raises(ForgeError):
        read_runfile(path)
