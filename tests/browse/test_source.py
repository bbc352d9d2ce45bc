"""Runs found by filter and order."""

import pytest
from runfolders import make_run

from forge.browse.source import Source
from forge.errors import ForgeError


@pytest.fixture
def source(tmp_path) -> Source:
    facts = [
        {
            "config": {"lr": 0.1, "name": "x"},
            "summary": {"loss": {"last": "NaN", "step": 1}},
        },
        {"config": {"lr": 3}, "summary": {"loss": {"last": 0.5, "step": 1}}},
        {"config": {"lr": "auto"}, "summary": {"loss": {"last": -1, "step": 1}}},
        {"annotations": {"archived": True}},
        {},
    ]
    for number, one in enumerate(facts, start=1):
        make_run(tmp_path, "train", number, **one)
    return Source([tmp_path])


def numbers(found) -> list[int]:
    return [row.attributes["number"] for row in found.rows]


def test_archived_runs_are_left_out_unless_asked_for(source) -> None:
    assert numbers(source.find()) == [5, 3, 2, 1]
    assert numbers(source.find(archived=True)) == [5, 4, 3, 2, 1]
    assert numbers(source.find("archived = true")) == [4]
    assert numbers(source.find("lr > 0 or archived = true")) == [4, 2, 1]


def test_numbers_then_texts_then_nothing(source) -> None:
    assert numbers(source.find(sort="lr")) == [1, 2, 3, 5]
    assert numbers(source.find(sort="-lr")) == [2, 1, 3, 5]
    assert numbers(source.find(sort="loss")) == [3, 2, 1, 5]
    assert numbers(source.find(sort="-summary.loss.last, number")) == [2, 3, 1, 5]
    assert numbers(source.find(sort="name,number")) == [1, 2, 3, 5]


def test_how_many_there_would_be(source) -> None:
    found = source.find("lr is defined", limit=1)
    assert (numbers(found), found.matching, found.total) == ([3], 3, 5)


def test_names_that_may_surprise(source, message) -> None:
    (note,) = source.find("name = train").notes
    message("ambiguous-name", note)
    (note,) = source.find("los < 1").notes
    message("unknown-name", note)
    (note,) = source.find("lr < 1 and summary.los.min = 2 and train").notes
    assert note == "no run has 'summary.los.min'. Did you mean loss?"
    (note,) = source.find("config.loss is defined").notes
    assert note == "no run has 'config.loss'."
    assert (
        source.find("config.lr < 1 and summary.loss < 2 and run.name = x").notes == ()
    )
    assert source.unheard(["summary.los", "config.lr"]) == [
        "no run has 'summary.los'. Did you mean loss?"
    ]


def test_a_mistake_says_what_else_a_name_could_mean(tmp_path, message) -> None:
    make_run(tmp_path, config={"status": "mine"})
    source = Source([tmp_path])
    with pytest.raises(ForgeError) as caught:
        source.find("status = mine")
    assert (caught.value.code, caught.value.value) == ("bad-filter", "mine")
    message("bad-filter-ambiguous", str(caught.value))
    assert numbers(source.find("config.status = mine")) == [1]


def test_an_order_that_is_none(source, message) -> None:
    with pytest.raises(ForgeError) as caught:
        source.find(sort="-lss")
    message("bad-sort", str(caught.value))
    with pytest.raises(ForgeError, match=r"no run has 'config.loss' to sort by\."):
        source.find(sort="config.loss")


def test_where_there_are_no_runs_no_name_surprises(tmp_path) -> None:
    assert Source([tmp_path / "nothing"]).find("los < 1").notes == ()
