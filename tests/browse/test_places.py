"""Which folders are runs."""

import os

from forge.browse.places import homes


def listed(root) -> dict[str, list[str]]:
    return {home.name: sorted(e.name for e in home.runs) for home in homes(root)}


def test_numbered_folders_below_experiments(tmp_path) -> None:
    for name in (
        "train/1",
        "train/12",
        "train/007",
        "train/1a",
        "train/.trash/3",
        "train/sweeps/4",
        ".trash/train/5",
        "mnist/cnn/6",
        "odd name/7",
        "a/b/c/d/8",
    ):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "train" / "2").write_text("a file")
    (tmp_path / "train" / "9").symlink_to(tmp_path / "train" / "1")
    assert listed(tmp_path) == {
        "train": ["1", "12"],
        "mnist/cnn": ["6"],
        "odd name": ["7"],
    }


def test_a_folder_of_runs_is_an_experiment(tmp_path) -> None:
    (tmp_path / "train" / "1").mkdir(parents=True)
    assert listed(tmp_path / "train") == {"train": ["1"]}


def test_nothing_where_nothing_can_be_listed(tmp_path) -> None:
    assert listed(tmp_path / "missing") == {}
    if os.getuid():
        (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "train" / "1").mkdir(parents=True)
    assert listed(tmp_path) == {"train": ["1"]}
