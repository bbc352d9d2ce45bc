import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from forge.errors import ForgeError
from forge.records.codec import pretty_json, rich
from forge.records.layout import RunLayout
from forge.records.liveness import hold
from forge.records.metrics import format_line
from forge.records.record import Record
from forge.records.runfile import ErrorFact, Git, Host, RunFile, Session
from forge.records.status import Status


Message = Callable[[str, str], None]

RUN = RunFile(
    uid="u1",
    name="train",
    number=3,
    status=Status.COMPLETED,
    started="2025-03-04T05:06:07+00:00",
    duration=1.5,
    result=rich({"accuracy": float("inf"), "shape": (8, 8)}),
    git=Git(commit="a" * 40),
    error=ErrorFact(type="ValueError", message="no"),
)


@pytest.fixture(name="layout")
def _layout(tmp_path: Path) -> RunLayout:
    layout = RunLayout(tmp_path / "results" / "train" / "3")
    layout.folder.mkdir(parents=True)
    write(layout)
    return layout


def write(layout: RunLayout, run: RunFile = RUN) -> None:
    layout.run.write_bytes(pretty_json(run))


def fill(layout: RunLayout) -> None:
    layout.flags.write_bytes(pretty_json({"lr": 0.1, "model.hidden": [8]}))
    layout.metrics.write_bytes(format_line(1, 0.5, {"loss": 2.0}))
    layout.summary.write_bytes(pretty_json({"loss": {"last": 2.0, "step": 1}}))
    layout.annotations.write_bytes(pretty_json({"tags": ["good", "paper"]}))
    layout.output.write_bytes(b"hello \xff\n")
    layout.error.write_text("Traceback ...")
    layout.checkpoint(2_000).mkdir(parents=True)
    layout.checkpoint(500).mkdir()
    (layout.checkpoints / ".tmp-700-1-ab").mkdir()
    layout.checkpoint(9).write_text("a file")
    (layout.sources / "pkg").mkdir(parents=True)
    layout.manifest.write_text("{}")
    (layout.sources / "digits.py").write_text("raise SystemExit")
    (layout.sources / "pkg" / "a.py").write_text("raise SystemExit")


def test_a_record_holds_what_the_run_left(layout: RunLayout) -> None:
    fill(layout)
    record = Record.read(str(layout.folder))
    assert (record.name, record.number, record.status) == ("train", 3, "COMPLETED")
    assert record.dir == layout.folder
    assert record.config == {"lr": 0.1, "model.hidden": [8]}
    assert record.result == {"accuracy": float("inf"), "shape": (8, 8)}
    assert record.metrics["loss"].last == 2.0
    assert record.summary["loss"].last == 2.0
    assert record.git is not None
    assert record.git.commit == "a" * 40
    assert record.host is None
    assert record.started == datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert record.duration == 1.5
    assert record.tags == ("good", "paper")
    assert record.checkpoints == (500, 2_000)
    assert record.output == "hello \N{REPLACEMENT CHARACTER}\n"
    assert record.sources == (Path("digits.py"), Path("pkg/a.py"))
    assert record.error == RUN.error
    assert record.traceback == "Traceback ..."
    assert repr(record) == "<Record train/3 COMPLETED>"


def test_a_record_that_was_read_goes_to_another_process(layout: RunLayout) -> None:
    record = Record.read(layout.folder)
    config = record.config
    same = pickle.loads(pickle.dumps(record))
    assert (same.run, same.layout, same.config) == (record.run, layout, config)


def test_a_record_may_be_asked_in_another_working_directory(
    layout: RunLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(layout)
    monkeypatch.chdir(tmp_path)
    record = Record.read("results/train/3")
    monkeypatch.chdir("/")
    assert record.metrics["loss"].last == 2.0
    assert record.dir == layout.folder
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ForgeError, match="there is no run 'results/train/3'"):
        Record.read("results/train/3")


def test_files_that_are_missing_count_as_empty(layout: RunLayout) -> None:
    record = Record.read(layout.folder)
    assert Record.read(layout.folder).summary == {}
    assert record.config == {}
    assert len(record.metrics) == 0
    assert (record.tags, record.checkpoints, record.sources) == ((), (), ())
    assert record.output == record.traceback == ""


def test_a_record_cannot_be_changed(layout: RunLayout) -> None:
    fill(layout)
    record = Record.read(layout.folder)
    with pytest.raises(FrozenInstanceError):
        record.run = RUN  # type: ignore[misc]
    with pytest.raises(TypeError):
        record.config["lr"] = 1  # type: ignore[index]


@pytest.mark.parametrize("name", ["flags", "annotations"])
@pytest.mark.parametrize("data", [b"", b"[]", b'{"a', b"\0\xff", b"[" * 100_000])
def test_a_damaged_file_is_an_error_of_its_own(
    layout: RunLayout, name: str, data: bytes
) -> None:
    fill(layout)
    path = getattr(layout, name)
    path.write_bytes(data)
    record = Record.read(layout.folder)
    with pytest.raises(ForgeError) as caught:
        _ = record.config if name == "flags" else record.tags
    assert caught.value.code == "run-unreadable"
    assert caught.value.path == path
    assert record.output != ""


def test_a_damaged_flags_file_is_told_by_its_name(
    layout: RunLayout, message: Message
) -> None:
    layout.flags.write_bytes(b"[]")
    with pytest.raises(ForgeError) as caught:
        _ = Record.read(layout.folder).config
    text = str(caught.value).replace(str(layout.folder), "results/train/3")
    message("run-unreadable-flags", text)


def test_pipes_and_folders_in_place_of_files_are_errors(layout: RunLayout) -> None:
    os.mkfifo(layout.metrics)
    os.mkfifo(layout.output)
    layout.flags.mkdir()
    record = Record.read(layout.folder)
    for name in ("metrics", "output", "config"):
        with pytest.raises(ForgeError, match="not a regular file"):
            getattr(record, name)


def test_of_huge_output_the_end_is_shown(layout: RunLayout) -> None:
    with layout.output.open("wb") as file:
        file.truncate(1 << 34)
        file.seek(0, os.SEEK_END)
        file.write(b"the end")
    output = Record.read(layout.folder).output
    assert output.endswith("the end")
    assert len(output) == 16 << 20


def test_odd_annotations_are_no_tags(layout: RunLayout) -> None:
    layout.annotations.write_bytes(b'{"tags": "abc"}')
    assert Record.read(layout.folder).tags == ()


@pytest.mark.parametrize("text", [None, "", "yesterday", "2025-99-01"])
def test_a_time_that_is_none_is_nothing(layout: RunLayout, text: str | None) -> None:
    write(layout, msgspec.structs.replace(RUN, started=text))
    assert Record.read(layout.folder).started is None


def test_a_time_without_offset_is_utc(layout: RunLayout) -> None:
    write(layout, msgspec.structs.replace(RUN, started="2025-01-01T00:00:00"))
    assert Record.read(layout.folder).started == datetime(2025, 1, 1, tzinfo=UTC)


def test_a_run_that_says_running_is_so_while_it_is_held(layout: RunLayout) -> None:
    write(layout, msgspec.structs.replace(RUN, status=Status.RUNNING))
    with hold(layout):
        assert Record.read(layout.folder).status is Status.RUNNING
    assert Record.read(layout.folder).status is Status.DEAD


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.RUNNING])
def test_a_run_that_ended_after_it_was_read_is_not_called_dead(
    layout: RunLayout, status: Status
) -> None:
    write(layout, msgspec.structs.replace(RUN, status=Status.RUNNING))
    record = Record.read(layout.folder)
    # It ends, or goes on in another process.
    write(layout, msgspec.structs.replace(RUN, status=status, pid=17))
    assert record.status is Status.RUNNING
    write(layout, msgspec.structs.replace(RUN, status=Status.RUNNING))
    assert Record.read(layout.folder).status is Status.DEAD


def test_a_run_of_another_machine_is_never_called_dead(layout: RunLayout) -> None:
    there = Host(name="another-machine.invalid")
    write(layout, msgspec.structs.replace(RUN, status=Status.RUNNING, host=there))
    assert Record.read(layout.folder).status is Status.RUNNING


def test_the_repr_does_not_reach_for_the_terminal(layout: RunLayout) -> None:
    write(layout, msgspec.structs.replace(RUN, name="\x1b[31mtrain"))
    assert repr(Record.read(layout.folder)) == "<Record ?[31mtrain/3 COMPLETED>"


def test_links_among_the_sources_lead_nowhere(layout: RunLayout) -> None:
    layout.sources.mkdir(exist_ok=True)
    (layout.sources / "own.py").touch()
    (layout.sources / "up").symlink_to("/")
    (layout.sources / "out.py").symlink_to("/etc/passwd")
    names = {path.name for path in Record.read(layout.folder).sources}
    assert "own.py" in names
    assert not names & {"out.py", "passwd"}
    layout.sources.rename(layout.folder / "elsewhere")
    layout.sources.symlink_to("/")
    assert Record.read(layout.folder).sources == ()


def test_a_folder_that_is_no_run_says_so(layout: RunLayout, message: Message) -> None:
    with pytest.raises(ForgeError) as caught:
        Record.read(layout.folder.parent)
    assert caught.value.code == "no-run"
    root = f"{layout.folder.parents[2]}{os.sep}"
    message("no-run-experiment-folder", str(caught.value).replace(root, ""))
    with pytest.raises(ForgeError) as caught:
        Record.read(layout.folder.parent / "9")
    message("no-run-path", str(caught.value).replace(root, ""))
    (layout.folder.parent / "4").mkdir()
    with pytest.raises(ForgeError) as caught:
        Record.read(layout.folder.parent / "4")
    message("no-run-starting", str(caught.value).replace(root, ""))
    os.utime(layout.folder.parent / "4", (0, 0))
    with pytest.raises(ForgeError) as caught:
        Record.read(layout.folder.parent / "4")
    message("no-run-aborted", str(caught.value).replace(root, ""))


READER = """
import sys
from forge.records.record import Record
before = set(sys.modules)
record = Record.read(sys.argv[1])
for name in dir(record):
    if not name.startswith("_"):
        getattr(record, name)
repr(record)
new = set(sys.modules) - before
assert not {"jsonpickle", "numpy", "digits", "pkg"} & set(sys.modules), new
"""


def test_reading_executes_and_imports_nothing_of_the_folder(layout: RunLayout) -> None:
    fill(layout)
    write(layout, msgspec.structs.replace(RUN, result={"py/object": "digits.X"}))
    subprocess.run(
        [sys.executable, "-c", READER, str(layout.folder)],
        check=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_a_silent_run_of_another_machine_is_doubted(layout: RunLayout) -> None:
    there = Host(name="a-machine-far-away")
    running = msgspec.structs.replace(
        RUN, status=Status.RUNNING, host=there, boot="another", pid=1
    )
    write(layout, running)
    layout.lock.touch()
    record = Record.read(layout.folder)
    assert (record.status, record.doubt) == (Status.RUNNING, "")
    assert record.heartbeat is not None
    os.utime(layout.lock, (0, 0))
    record = Record.read(layout.folder)
    assert record.status is Status.RUNNING
    assert record.doubt.startswith("no heartbeat on a-machine-far-away for ")
    assert repr(record) == "<Record train/3 RUNNING DEAD?>"


def test_a_resumed_run_is_looked_for_where_it_runs_now(layout: RunLayout) -> None:
    there = Host(name="a-machine-far-away")
    here = Session(started="2025-01-01T00:00:00", host=os.uname().nodename)
    running = msgspec.structs.replace(
        RUN, status=Status.RUNNING, host=there, pid=2**22 + 1, sessions=(here,)
    )
    write(layout, running)
    assert Record.read(layout.folder).status is Status.DEAD
