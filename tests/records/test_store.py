import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.records.store import find_run, is_run


Message = Callable[[str, str], None]


@pytest.fixture(name="results")
def _results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("train/1", "train/2", "train/10", "digits@home/1", "sweepless/1"):
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("{}")
    (tmp_path / "results" / "train" / "11").mkdir()
    (tmp_path / "train").mkdir()
    return Path("results")


@pytest.mark.parametrize(
    ("reference", "folder", "step"),
    [
        ("results/train/2", "results/train/2", None),
        ("./results/train/2/", "results/train/2", None),
        ("train/2", "results/train/2", None),
        ("train", "results/train/10", None),
        ("results/train", "results/train/10", None),
        ("train/2@2000", "results/train/2", "2000"),
        ("train/2@best:val/top@5", "results/train/2", "best:val/top@5"),
        ("results/train@best", "results/train/10", "best"),
        ("digits@home", "results/digits@home/1", None),
        ("digits@home/1@latest", "results/digits@home/1", "latest"),
        ("train/2@", "results/train/2", ""),
    ],
)
def test_a_run_is_found_by_what_people_call_it(
    results: Path, reference: str, folder: str, step: str | None
) -> None:
    assert find_run(reference) == (Path(folder), step)


def test_a_run_is_found_by_its_absolute_path(results: Path) -> None:
    path = results.absolute() / "train" / "2"
    assert find_run(path) == (path, None)
    assert find_run(f"{path}@7") == (path, "7")


def test_another_results_folder_can_be_given(results: Path, tmp_path: Path) -> None:
    results.rename("elsewhere")
    assert find_run("train/1", Path("elsewhere")) == (Path("elsewhere/train/1"), None)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("no-run-number", "train/7"),
        ("no-run-number-path", "results/train/7"),
        ("no-run-number-step", "train/7@2000"),
        ("no-run-name", "trian/2"),
        ("no-run-unfinished", "train/11"),
        ("no-run-elsewhere", "nothing/like/this"),
        ("no-run-one", "sweepless/2"),
    ],
)
def test_the_error_says_which_runs_there_are(
    results: Path, message: Message, name: str, reference: str
) -> None:
    with pytest.raises(ForgeError) as caught:
        find_run(reference)
    assert caught.value.code == "no-run"
    assert caught.value.reference == reference
    message(name, str(caught.value))


def test_many_runs_are_listed_by_their_ends(results: Path, message: Message) -> None:
    for number in range(3, 10):
        (results / "train" / str(number)).mkdir()
        (results / "train" / str(number) / "run.json").touch()
    with pytest.raises(ForgeError) as caught:
        find_run("train/99")
    message("no-run-many", str(caught.value))


def test_without_any_results_the_error_says_what_to_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Message
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ForgeError) as caught:
        find_run("train/1")
    message("no-run-nothing", str(caught.value))


@given(st.text(max_size=30))
@example("a" * 5_000)
@example("@")
@example("/")
@example("~nobody-of-that-name/1")
@example("")
@example("a\0b@1")
def test_no_reference_is_a_crash(reference: str) -> None:
    with pytest.raises(ForgeError) as caught:
        find_run(reference, Path(os.devnull))
    assert caught.value.code == "no-run"


def test_a_folder_is_a_run_when_it_has_a_run_file(results: Path) -> None:
    assert is_run(results / "train" / "1")
    assert not is_run(results / "train" / "11")
    assert not is_run(Path("a\0b"))
