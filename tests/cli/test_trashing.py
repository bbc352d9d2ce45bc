"""`forge rm`, `restore`, `purge`."""

import pytest
from runfolders import make_run


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2, 3):
        make_run(
            tmp_path / "results",
            number=number,
            status="FAILED" if number < 3 else "COMPLETED",
        )
    return tmp_path / "results"


def listed(forge) -> list[str]:
    return forge("ls", "-c", "id").out.split()[1:]


def test_many_are_deleted_and_brought_back(forge, root) -> None:
    gone = forge("rm", "-q", "status = failed")
    assert (gone.status, gone.out) == (0, "results/train/2\nresults/train/1\n")
    assert gone.err == "2 runs moved to the trash; forge restore brings back\n"
    assert listed(forge) == ["train/3"]
    assert (
        forge("restore").out.split() == ["train/2", "train/1"] or forge("restore").out
    )
    assert forge("restore", "train/1").status == 0
    assert forge("restore", "--all").status == 0
    assert listed(forge) == ["train/3", "train/2", "train/1"]
    assert forge("restore").status == 1


def test_what_is_purged_is_gone_and_nobody_is_surprised(forge, root, message) -> None:
    forge("rm", "train/1")
    asked = forge("purge", "train/1")
    assert asked.status == 2
    assert "nobody to ask" in asked.err
    assert forge("purge", "train/1", "--yes").status == 0
    wrong = forge("purge", "train/1", "--yes")
    assert wrong.status == 1
    message("no-run-trash", wrong.err.rstrip())


def test_without_a_word_nothing_is_deleted(forge, root, message) -> None:
    wrong = forge("rm")
    assert wrong.status == 2
    message("bad-option-runs", wrong.err.rstrip())
    assert forge("rm", "-q", "lr > 5").status == 1
    assert len(listed(forge)) == 3
