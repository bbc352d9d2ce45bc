"""Many questions, one after the other or several at a time."""

import threading

import pytest
from runfolders import make_run

import forge
from forge.browse import spreading


@pytest.fixture(params=["at once", "one by one"])
def several(request, monkeypatch):
    """Whether the disk is taken for a slow one, or for a quick one."""
    slow = request.param == "at once"
    monkeypatch.setattr(spreading, "_WAITED", 0.0)
    monkeypatch.setattr(spreading, "_QUICK", 0.0 if slow else 1e9)
    return slow


def test_the_answers_are_the_same_and_in_order(several) -> None:
    asked = set()

    def ask(number: int) -> int:
        asked.add(threading.get_ident())
        return -number

    for count in (0, 1, 48, 49, 1_000):
        found = spreading.spread(ask, range(count), threads=4)
        assert found == [-number for number in range(count)]
    assert (len(asked) > 1) is several


def test_a_mistake_of_the_question_is_raised(several) -> None:
    def ask(number: int) -> None:
        if number == 99:
            raise ValueError(number)

    with pytest.raises(ValueError, match="99"):
        spreading.spread(ask, range(100), threads=2)


def test_lists_are_the_same_however_slow_the_disk_is(tmp_path, several) -> None:
    for number in range(1, 60):
        make_run(tmp_path, number=number, config={"lr": number})
    runs = forge.runs(tmp_path)
    assert len(runs) == 59
    assert runs.where("lr = 59").ids == ("train/59",)
    make_run(tmp_path, number=60)
    assert len(forge.runs(tmp_path)) == 60
