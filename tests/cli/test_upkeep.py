"""`forge reindex`, `forge doctor`."""

from runfolders import make_run

from forge.browse.cache import cache_file
from forge.records.layout import RunLayout


def test_files_edited_in_place_are_seen_after_reindex(
    forge, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = make_run(tmp_path / "results", config={"lr": 1})
    import os

    os.utime(folder, (1e9, 1e9))
    assert "lr = 1" in forge("ls", "lr = 1").out or forge("ls", "lr = 1").status == 0
    RunLayout(folder).flags.write_text('{"lr": 2}')
    os.utime(folder, (1e9, 1e9))
    assert forge("ls", "lr = 2").status == 1
    assert forge("reindex").out.startswith("1 run read: ")
    assert forge("ls", "lr = 2").status == 0


def test_a_healthy_place(forge, tmp_path) -> None:
    make_run(tmp_path / "results")
    found = forge("doctor", "-R", tmp_path / "results")
    assert found.status == 0, found.out
    assert "1 run: 1 COMPLETED" in found.out
    assert all(line.startswith("ok ") for line in found.out.splitlines())


def test_what_is_wrong_is_named(forge, tmp_path, monkeypatch) -> None:
    root = tmp_path / "results"
    make_run(root, status="RUNNING", host={"name": "far"}, pid=1)
    for number in range(2, 16):
        (root / "train" / str(number)).mkdir()
        (root / "train" / str(number) / "run.json").write_text("{")
    (tmp_path / "blocked").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "blocked"))
    found = forge("doctor", "-R", root)
    assert found.status == 1
    assert "!!  index: in memory" in found.out
    assert "train/1 says RUNNING: no heartbeat on far" in found.out
    assert "4 folders more" in found.out
    assert found.out.count("is unreadable") == 10
    assert cache_file([root]).parent.parent == tmp_path / "blocked"


def test_a_place_without_results(forge, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = forge("doctor")
    assert found.status == 1
    assert "!!  results: there is no folder" in found.out
