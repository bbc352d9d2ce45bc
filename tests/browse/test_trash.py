"""Runs deleted so that they can be had back."""

import pytest
from runfolders import make_run

from forge.browse.trash import discard, purge, restore, trashed
from forge.errors import ForgeError
from forge.records.layout import RunLayout
from forge.records.liveness import hold
from forge.records.numbers import allocate


def test_there_and_back(tmp_path) -> None:
    folder = make_run(tmp_path, "a/b", 3)
    before = (folder / "run.json").read_bytes()
    (moved,) = discard([folder], [tmp_path])
    assert moved == tmp_path / ".trash/a/b/3"
    assert not folder.exists()
    assert trashed([tmp_path]) == {"a/b/3": [moved]}
    assert restore([moved]) == [folder]
    assert (folder / "run.json").read_bytes() == before
    assert trashed([tmp_path]) == {}


def test_a_run_that_lives_is_refused_and_so_are_the_others(tmp_path, message) -> None:
    ended, running = make_run(tmp_path), make_run(tmp_path, number=2)
    far = make_run(tmp_path, number=3, status="RUNNING", host={"name": "far"}, pid=1)
    with hold(RunLayout(running)), pytest.raises(ForgeError) as caught:
        discard([ended, running, far], [tmp_path])
    assert [e.code for e in caught.value.errors] == ["run-alive"] * 2
    message("run-alive-rm", str(caught.value).replace(str(tmp_path), "results"))
    assert all(folder.exists() for folder in (ended, running, far))


def test_a_run_elsewhere_has_a_trash_beside_its_experiment(tmp_path) -> None:
    folder = make_run(tmp_path / "copies", "train", 1)
    assert discard([folder], [tmp_path / "results"]) == [
        tmp_path / "copies/.trash/train/1"
    ]


def test_a_number_is_never_used_again(tmp_path) -> None:
    folder = make_run(tmp_path, number=7)
    (moved,) = discard([folder], [tmp_path])
    assert allocate(tmp_path, "train")[0] == 8
    (tmp_path / "train/8").rmdir()
    purge([moved])
    assert trashed([tmp_path]) == {}
    assert allocate(tmp_path, "train")[0] == 8


def test_nor_is_one_that_was_deleted_from_further_up(tmp_path) -> None:
    results = tmp_path / "results"
    folder = make_run(results, number=7)
    (moved,) = discard([folder], [tmp_path])
    assert moved == tmp_path / ".trash/results/train/7"
    assert allocate(results, "train")[0] == 8
    assert restore([moved]) == [folder]
    assert trashed([tmp_path]) == trashed([results]) == {}
    assert discard([folder], [tmp_path]) == [moved]


def test_nothing_outside_of_the_trash_is_deleted(tmp_path) -> None:
    folder = make_run(tmp_path)
    with pytest.raises(ForgeError, match="not in the trash"):
        purge([folder])
    assert folder.exists()


def test_a_place_that_is_taken_is_left_alone(tmp_path, message) -> None:
    (moved,) = discard([make_run(tmp_path)], [tmp_path])
    make_run(tmp_path)
    with pytest.raises(ForgeError) as caught:
        restore([moved])
    message("not-moved", str(caught.value).replace(str(tmp_path), "results"))
    odd = tmp_path / "train" / "copy"
    odd.mkdir()
    with pytest.raises(ForgeError, match="no number"):
        discard([odd], [tmp_path])
