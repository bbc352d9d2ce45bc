"""Files of a run folder that a run can do without."""

from pathlib import Path

import pytest

from forge.observers.survival import Survival


@pytest.fixture(name="told")
def _told() -> list[str]:
    return []


@pytest.fixture(name="survival")
def _survival(told: list[str]) -> Survival:
    return Survival(told.append)


def test_what_goes_wrong_is_said_once_for_each_file(
    survival: Survival, told: list[str]
) -> None:
    for name in ("a", "a", "b"):
        with survival.of(Path(name)):
            raise OSError(28, "No space left on device")
    first = "a cannot be written: No space left on device\n"
    assert [text.startswith(first) for text in told] == [True, False]
    assert len(told) == 2


def test_it_can_be_said_in_other_words(survival: Survival, told: list[str]) -> None:
    with survival.of(Path("a"), "{path}: {cause}"):
        raise OSError(5, "Input/output error")
    survival.tell(Path("a"), "again")
    survival.tell(Path("b"), "gone")
    assert told == ["a: Input/output error", "gone"]


def test_what_goes_well_is_not_told(survival: Survival, told: list[str]) -> None:
    with survival.of(Path("a")):
        pass
    assert told == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_who_ends_the_run_is_not_held_up(
    survival: Survival, told: list[str], error: type[BaseException]
) -> None:
    with pytest.raises(error), survival.of(Path("a")):
        raise error
    assert told == []
