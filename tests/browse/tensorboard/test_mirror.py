"""Log folders that follow runs."""

import json

import pytest
from runfolders import make_run

from forge.browse.source import Source
from forge.browse.tensorboard.mirror import Mirror, name_of
from forge.records.layout import RunLayout
from forge.records.liveness import hold


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))


def line(step, **values):
    return {"step": step, "time": float(step), **values}


def found(root):
    source = Source([root])
    rows = source.find().rows
    return rows, source.index.documents(rows)


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.forge"))


def test_runs_are_named_by_what_varies():
    config = {"lr": 0.1, "model": "cnn", "path": "/data/x y", "sizes": [1, 2]}
    assert name_of("train/3", config, ["lr", "gone"]) == "train/3 lr=0.1"
    assert name_of("train/3", config, ["path"]) == "train/3 path=_data_x_y"
    assert name_of("a b/3", config, []) == "a_b/3"
    assert len(name_of("t/1", {"k": "v" * 500}, ["k"])) < 100


def test_each_run_has_a_folder_and_what_is_over_is_written_once(tmp_path):
    root = tmp_path / "results"
    make_run(root, config={"lr": 0.1, "seed": 1}, metrics=[line(1, loss=1.0)])
    make_run(root, number=2, config={"lr": 0.2, "seed": 2}, metrics=[line(1, loss=2.0)])
    mirror = Mirror(tmp_path / "logs")
    assert mirror.refresh(*found(root)) == 2
    names = files(tmp_path / "logs")
    assert [name.rpartition("/")[0] for name in names] == [
        "train/1 lr=0.1",
        "train/2 lr=0.2",
    ]
    sizes = [(tmp_path / "logs" / name).stat().st_size for name in names]
    assert mirror.refresh(*found(root)) == 2
    assert sizes == [(tmp_path / "logs" / name).stat().st_size for name in names]
    mirror.close()


def test_a_run_that_goes_on_is_followed(tmp_path):
    root = tmp_path / "results"
    folder = make_run(root, status="RUNNING", metrics=[line(1, loss=1.0)])
    layout = RunLayout(folder)
    with hold(layout):
        mirror = Mirror(tmp_path / "logs")
        mirror.refresh(*found(root))
        (name,) = files(tmp_path / "logs")
        log = tmp_path / "logs" / name
        before = log.stat().st_size
        with layout.metrics.open("a") as file:
            file.write(json.dumps(line(2, loss=0.5)) + "\n")
        mirror.refresh(*found(root))
        assert log.stat().st_size > before
        mirror.close()


def test_runs_of_two_folders_with_one_name_have_two_places(tmp_path):
    for root in ("one", "two"):
        make_run(tmp_path / root, metrics=[])
    source = Source([tmp_path / "one", tmp_path / "two"])
    rows = source.find().rows
    mirror = Mirror(tmp_path / "logs")
    assert mirror.refresh(rows, source.index.documents(rows)) == 2
    folders = {name.rpartition("/")[0] for name in files(tmp_path / "logs")}
    assert folders == {"train/1", "train/1 (2)"}
    mirror.close()


def test_files_of_events_in_a_run_folder_are_linked(tmp_path):
    root = tmp_path / "results"
    folder = make_run(root, metrics=[])
    own = folder / "artifacts" / "board" / "events.out.tfevents.1.host"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"theirs")
    outside = tmp_path / "secret"
    outside.write_bytes(b"x")
    (own.parent / "events.out.tfevents.2.link").symlink_to(outside)
    mirror = Mirror(tmp_path / "logs")
    mirror.refresh(*found(root))
    board = tmp_path / "logs" / "train/1" / "artifacts/board"
    assert [path.name for path in board.iterdir()] == [own.name]
    assert (board / own.name).read_bytes() == b"theirs"
    mirror.close()


def test_broken_folders_are_passed_over(tmp_path):
    root = tmp_path / "results"
    make_run(root, metrics=[line(1, loss=1.0)])
    torn = make_run(root, number=2)
    RunLayout(torn).run.write_text("{")
    RunLayout(make_run(root, number=3)).metrics.mkdir()
    mirror = Mirror(tmp_path / "logs")
    assert mirror.refresh(*found(root)) == 2
    mirror.close()
