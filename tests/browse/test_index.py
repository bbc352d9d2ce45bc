"""The index: a cache of what run folders say, which nothing may depend on."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from runfolders import make_run

from forge.browse.cache import cache_file
from forge.browse.index import Index
from forge.browse.sql import Condition
from forge.records.layout import RunLayout


def ids(index: Index) -> list[str]:
    index.refresh()
    return [row.id for row in index.find()]


@pytest.fixture
def root(tmp_path) -> Path:
    for number in (1, 2, 3):
        make_run(tmp_path / "results", "train", number, config={"lr": number / 10})
    return tmp_path / "results"


def settle(root: Path) -> None:
    """As if some time had passed: what changed just now is read again otherwise."""
    for folder in root.glob("*/*"):
        os.utime(folder, (1e9, 1e9))


def test_the_newest_come_first(root) -> None:
    assert ids(Index([root])) == ["train/3", "train/2", "train/1"]


def test_only_what_changed_is_read(root) -> None:
    settle(root)
    index = Index([root])
    assert index.refresh() == 3
    assert index.refresh() == 0
    assert Index([root]).refresh() == 0
    # As Forge changes a file: a new one is renamed into the folder.
    layout = RunLayout(root / "train" / "2")
    facts = json.loads(layout.run.read_text()) | {"label": "new"}
    (layout.folder / "other").write_text(json.dumps(facts))
    (layout.folder / "other").rename(layout.run)
    os.utime(layout.folder, (1.1e9, 1.1e9))
    assert Index([root]).refresh() == 1
    assert Index([root]).find(Condition("runs.label = 'new'"))[0].id == "train/2"


def test_what_changed_just_now_is_read_again(root) -> None:
    """Two changes within one tick of the clock of the file system look like one."""
    index = Index([root])
    assert [index.refresh(), index.refresh()] == [3, 3]


def test_runs_and_experiments_come_and_go(root) -> None:
    index = Index([root])
    make_run(root, "other", 7)
    assert ids(index) == ["other/7", "train/3", "train/2", "train/1"]
    (root / "train" / "2").rename(root / "elsewhere")
    (root / "other").rename(root / "another")
    assert ids(index) == ["another/7", "train/3", "train/1"]
    assert ids(Index([root])) == ids(index)


def test_a_folder_that_another_took_the_place_of_is_read(root) -> None:
    settle(root)
    assert ids(Index([root])) == ["train/3", "train/2", "train/1"]
    (root / "train" / "3").rename(root / "spare")
    make_run(root, "train", 3, label="second")
    settle(root)
    index = Index([root])
    index.refresh()
    assert index.find()[0].attributes["label"] == "second"


def test_whatever_happens_to_the_file_the_answer_is_the_same(root) -> None:
    settle(root)
    first = Index([root])
    expected = ids(first)
    first.close()
    path = cache_file([root])
    whole = path.read_bytes()
    for damaged in (
        b"",
        b"not a database" * 1_000,
        whole[: len(whole) // 2],
        whole[:200] + b"\xff" * (len(whole) - 200),
        whole[:4096] + os.urandom(len(whole) - 4096),
    ):
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
        path.write_bytes(damaged)
        index = Index([root])
        assert ids(index) == expected
        assert [d.config for d in index.documents(index.find())] == [
            {"lr": 0.3},
            {"lr": 0.2},
            {"lr": 0.1},
        ]
        index.close()
    assert ids(Index([root])) == expected
    path.unlink()
    assert ids(Index([root])) == expected


def test_a_file_of_another_version_is_made_anew(root) -> None:
    index = Index([root])
    index.refresh()
    index.close()
    with closing(sqlite3.connect(cache_file([root]))) as connection:
        connection.execute("PRAGMA user_version = 999")
        connection.execute("DROP TABLE docs")
        connection.commit()
    assert ids(Index([root])) == ["train/3", "train/2", "train/1"]


def test_a_file_that_is_damaged_while_it_is_open(root) -> None:
    settle(root)
    index = Index([root])
    index.refresh()
    index._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with cache_file([root]).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)
    rows = index.find()
    assert [row.id for row in rows] == ["train/3", "train/2", "train/1"]
    assert [d.config["lr"] for d in index.documents(rows)] == [0.3, 0.2, 0.1]


def test_without_a_folder_to_write_to_it_is_kept_in_memory(root, monkeypatch) -> None:
    blocked = root.parent / "blocked"
    blocked.write_text("a file where the cache should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    index = Index([root])
    assert ids(index) == ["train/3", "train/2", "train/1"]
    assert index.path is None


def test_a_file_that_another_process_locks_is_done_without(root, monkeypatch) -> None:
    Index([root]).close()
    monkeypatch.setattr("forge.browse.cache._PATIENCE", 0.01)
    with closing(sqlite3.connect(cache_file([root]))) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ids(Index([root])) == ["train/3", "train/2", "train/1"]
        other.rollback()


def test_many_processes_build_it_at_once(root) -> None:
    for number in range(4, 120):
        make_run(root, "train", number, started=f"2026-12-01T12:00:{number % 60:02d}Z")
    script = (
        "import sys; from pathlib import Path; from forge.browse.index import Index\n"
        "index = Index([Path(sys.argv[1])]); index.refresh(); rows = index.find()\n"
        "print(len(rows), len(index.documents(rows)))"
    )
    words = [sys.executable, "-c", script, str(root)]
    some = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[0] for process in some] == [b"119 119\n"] * 4


def test_several_results_folders(root) -> None:
    other = root.parent / "more"
    make_run(other, "train", 1, label="other", started="2026-12-01T00:00:00+00:00")
    index = Index([root, other])
    index.refresh()
    rows = index.find()
    assert [row.id for row in rows] == ["train/1", "train/3", "train/2", "train/1"]
    assert [row.folder for row in rows][::3] == [
        str(other / "train/1"),
        str(root / "train/1"),
    ]
    assert ids(Index([root])) == ["train/3", "train/2", "train/1"]


def test_a_results_folder_that_is_an_experiment(root) -> None:
    index = Index([root / "train"])
    assert ids(index) == ["train/3", "train/2", "train/1"]
    assert index.find()[0].folder == str(root / "train" / "3")


def test_documents_of_a_run_that_changed_since_are_read_from_its_folder(root) -> None:
    index = Index([root])
    index.refresh()
    rows = index.find()
    RunLayout(root / "train" / "3").flags.write_text('{"lr": 9}')
    index.refresh()
    assert [d.config["lr"] for d in index.documents(rows)] == [9, 0.2, 0.1]


def test_links_are_not_followed(root) -> None:
    (root / "train" / "9").symlink_to(root / "train" / "1")
    (root / "loop").symlink_to(root)
    assert ids(Index([root])) == ["train/3", "train/2", "train/1"]
