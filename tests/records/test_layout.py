from collections.abc import Callable
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.records.layout import RunLayout


Message = Callable[[str, str], None]

LAYOUT = RunLayout(Path("results/train/3"))


def test_every_path_lies_in_the_run_folder_under_its_own_name() -> None:
    names = [name for name in vars(RunLayout) if not name.startswith("_")]
    paths = [
        value
        for name in names
        if isinstance(value := getattr(LAYOUT, name), Path) and name != "folder"
    ]
    assert len(paths) == len(set(paths)) == 17
    assert all(path.is_relative_to(LAYOUT.folder) for path in paths)


def test_the_names_are_those_of_the_design() -> None:
    assert LAYOUT.run == Path("results/train/3/run.json")
    assert LAYOUT.metrics.name == "metrics.jsonl"
    assert LAYOUT.manifest == Path("results/train/3/sources/MANIFEST.json")


def test_checkpoints_are_listed_in_the_order_of_their_steps() -> None:
    names = [LAYOUT.checkpoint(step).name for step in (2, 10, 2_000, 10**11)]
    assert names[:3] == ["0000000002", "0000000010", "0000002000"]
    assert names[3] == "100000000000"


def test_the_sources_of_a_later_session_have_a_folder_of_their_own() -> None:
    assert LAYOUT.later_sources(1) == LAYOUT.sources
    assert LAYOUT.later_sources(2) == Path("results/train/3/sources-2")


@pytest.mark.parametrize("name", ["sources", "sources-2", "sources-30"])
def test_a_session_says_which_sources_it_has(name: str) -> None:
    assert LAYOUT.sources_of(name) == LAYOUT.folder / name


def test_a_session_cannot_have_its_sources_anywhere(message: Message) -> None:
    for name in ("", ".", "..", "/", "sources/..", "sources-1/x", "sources-0", "s"):
        with pytest.raises(ForgeError) as caught:
            LAYOUT.sources_of(name)
        assert caught.value.code == "run-unreadable"
    with pytest.raises(ForgeError) as caught:
        LAYOUT.sources_of("../../other/1/sources")
    message("run-unreadable-sources", str(caught.value))
