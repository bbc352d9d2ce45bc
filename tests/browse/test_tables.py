"""Tables of runs."""

import pytest
from runfolders import make_run

from forge.browse.source import Source
from forge.browse.tables import (
    default_columns,
    named_columns,
    tabulate,
    varying,
)
from forge.browse.wording import readable
from forge.errors import ForgeError


def metric(last, **facts) -> dict:
    return {"last": last, "step": 9, "min": last, "max": last, "n": 1, **facts}


@pytest.fixture
def source(tmp_path) -> Source:
    common = {"goal": "max accuracy", "label": None}
    make_run(
        tmp_path,
        number=1,
        config={"lr": 0.1, "steps": 5, "model": "cnn", "flag": True},
        summary={"loss": metric(2), "accuracy": metric(0.5, max=0.75, max_step=4)},
        **common,
    )
    make_run(
        tmp_path,
        number=2,
        config={"lr": 0.2, "steps": 5, "model": "cnn", "flag": 1, "width": 3},
        summary={"loss": metric(1), "a": metric(1), "b": metric(1), "c": metric(1)},
        annotations={"tags": ["x"]},
        **common,
    )
    return Source([tmp_path])


def test_what_varies_and_what_was_reached(source) -> None:
    rows = source.find().rows
    documents = source.index.documents(rows)
    assert varying(documents) == ["lr", "flag", "width"]
    table = tabulate(default_columns(rows, documents), rows, documents)
    heads = [column.title for column in table.columns]
    assert heads == [
        *("id", "status", "started", "duration", "lr", "flag", "width"),
        *("accuracy.max", "loss", "a", "tags"),
    ]
    shown = [
        [readable(c.look, v) for c, v in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    assert shown[1][4:9] == ["0.1", "true", "\N{EN DASH}", "0.75 @ 4", "2"]


def test_one_run_varies_in_nothing(source) -> None:
    rows = source.find(limit=1).rows
    assert varying(source.index.documents(rows)) == []


def test_columns_by_name(source) -> None:
    rows = source.find().rows
    documents = source.index.documents(rows)
    words = [
        "run.notes",
        "summary.loss.min",
        "loss.step",
        "steps",
        "config.steps",
        "no",
    ]
    columns = named_columns(words, source.known)
    assert [column.title for column in columns] == words
    assert tabulate(columns, rows, documents).rows[0] == (None, 1, 9, 9, 5, None)
    with pytest.raises(ForgeError, match="no attribute 'nothing'"):
        named_columns(["run.nothing"], source.known)
