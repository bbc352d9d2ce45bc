"""Runs side by side."""

import pytest
from runfolders import make_run

from forge.browse.comparison import of_groups, side_by_side
from forge.browse.formats import plain_cell
from forge.browse.groups import grouped, shared_by
from forge.browse.source import Source


@pytest.fixture
def found(tmp_path):
    for number, loss in ((1, 0.5), (2, 0.7), (3, None)):
        make_run(
            tmp_path,
            number=number,
            config={"lr": 0.1, "seed": number, "only": 1}
            if number > 1
            else {"lr": 0.1, "seed": 1},
            summary={"loss": {"last": loss, "step": 1}} if loss else {},
            host={"name": "same"},
            result={"acc": number},
        )
    source = Source([tmp_path])
    rows = source.find(sort="number").rows
    return rows, source.index.documents(rows)


def test_only_what_differs(found) -> None:
    table = side_by_side(*found, plain_cell)
    assert [c.title for c in table.columns] == ["key", "train/1", "train/2", "train/3"]
    lines = {line[0]: line[1:] for line in table.rows}
    assert lines["config.seed"] == (1, 2, 3)
    assert lines["config.only"] == (None, 1, 1)
    assert lines["summary.loss"] == (0.5, 0.7, None)
    assert not {"config.lr", "host"} & set(lines)
    every = {line[0] for line in side_by_side(*found, plain_cell, every=True).rows}
    assert {"config.lr", "host"} <= every


def test_groups_for_people_and_for_programs(found) -> None:
    by = shared_by("lr", found[1])
    groups = list(grouped(*found, by))
    people = of_groups(groups, by, people=True)
    # What was asked for is shown even where all have the same.
    assert [c.title for c in people.columns] == ["lr", "n", "loss"]
    assert people.rows == ((0.1, 3, "0.6 ± 0.14 !1"),)
    programs = of_groups(groups, people=False)
    assert [c.title for c in programs.columns] == [
        "n",
        "loss.mean",
        "loss.std",
        "loss.n",
    ]
    assert programs.rows[0][0::3] == (3, 2)
