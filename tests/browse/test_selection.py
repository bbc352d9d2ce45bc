"""Runs by what people call them."""

import pytest
from runfolders import make_run

from forge.browse.selection import select
from forge.browse.source import Source
from forge.errors import ForgeError


def names(tmp_path, *words: str) -> list[str]:
    return [str(f.relative_to(tmp_path)) for f in select(words, Source([tmp_path]))]


def test_a_folder_that_nothing_can_be_read_of_has_a_name_too(tmp_path) -> None:
    make_run(tmp_path, "train", 1)
    (tmp_path / "train" / "2").mkdir()
    assert names(tmp_path, "train/2") == ["train/2"]
    assert names(tmp_path, "train/1:2") == ["train/1", "train/2"]
    # The newest is the newest that started.
    assert names(tmp_path, "train") == ["train/1"]


def test_an_experiment_in_a_folder_of_folders(tmp_path) -> None:
    make_run(tmp_path, "mnist/cnn", 3)
    assert names(tmp_path, "mnist/cnn", "mnist/cnn/3", "3") == ["mnist/cnn/3"]


def test_a_number_that_two_experiments_have(tmp_path, message) -> None:
    for name in ("train", "other"):
        make_run(tmp_path, name, 1)
    with pytest.raises(ForgeError) as caught:
        select(["1"], Source([tmp_path]))
    assert caught.value.code == "ambiguous-run"
    message("ambiguous-run", str(caught.value).replace(str(tmp_path), "results"))


def test_a_checkpoint_is_no_run(tmp_path, message) -> None:
    make_run(tmp_path, "train", 1)
    told = []
    for word in ("train/1@best", "train@2000", f"{tmp_path}/train/1@best"):
        with pytest.raises(ForgeError) as caught:
            select([word], Source([tmp_path]))
        assert (caught.value.code, caught.value.reference) == ("no-run", word)
        told.append(str(caught.value).replace(str(tmp_path), "results"))
    message("no-run-checkpoint", "\n".join(told))


def test_names_that_no_file_can_have(tmp_path) -> None:
    for word in ("a\0b", "\0/1", "~nobody-of-that-name", "", "/", "x" * 5_000, "a/:"):
        with pytest.raises(ForgeError) as caught:
            select([word], Source([tmp_path]))
        assert caught.value.code == "no-run"
