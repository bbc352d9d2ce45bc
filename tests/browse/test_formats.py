"""Tables for programs."""

import csv
import io
import json
import math
import sys

from hypothesis import given
from hypothesis import strategies as st

from forge.browse.expression import Name
from forge.browse.formats import (
    comma_separated,
    json_text,
    markdown,
    objects,
    tsv,
)
from forge.browse.tables import Table, column_of


HEADS = ("id", "started", "status")


def table(*rows) -> Table:
    columns = (
        column_of(Name("run", "id")),
        column_of(Name("run", "started")),
        column_of(Name("run", "status")),
        column_of(Name("config", "a\tb")),
    )
    return Table(columns, tuple(rows))


ROWS = (
    ("train/1", 1.7e9, ("RUNNING", "silent"), 0.1),
    ("=cmd()", None, (None, None), "x|y\n\x1b[31m<b>"),
    ("-1", None, ("DEAD", None), "NaN"),
)


def test_one_line_for_each_run() -> None:
    assert list(tsv(table(*ROWS))) == [
        "id\tstarted\tstatus\ta\\tb",
        "train/1\t2023-11-14T22:13:20.000+00:00\tRUNNING\t0.1",
        "=cmd()\t\t\tx|y\\n\\x1b[31m<b>",
        "-1\t\tDEAD\tNaN",
    ]


def test_no_spreadsheet_finds_a_formula() -> None:
    read = list(csv.reader(io.StringIO(comma_separated(table(*ROWS)))))
    assert [row[0] for row in read] == ["id", "train/1", "'=cmd()", "'-1"]
    assert read[2][3] == "x|y\n\x1b[31m<b>"
    negative = table(("a", None, (None, None), -0.5))
    assert comma_separated(negative).splitlines()[1] == "a,,,-0.5"


def test_markdown_obeys_nothing() -> None:
    assert list(markdown(table(ROWS[1]))) == [
        "| id | started | status | a\\\\tb |",
        "| --- | --- | --- | --- |",
        "| =cmd() |  |  | x\\|y\\\\n\\\\x1b\\[31m\\<b\\> |",
    ]


def test_objects_for_programs() -> None:
    read = json.loads(json_text(objects(table(*ROWS))))
    assert read[0] == {
        "id": "train/1",
        "started": "2023-11-14T22:13:20.000+00:00",
        "status": "RUNNING",
        "a\tb": 0.1,
    }
    assert read[2]["a\tb"] is None


def test_json_has_null_for_what_is_not_finite() -> None:
    numbers = [math.inf, -math.inf, math.nan, sys.float_info.max, 10**400, 0.5]
    assert json.loads(json_text(numbers)) == [None, None, None, None, 10**400, 0.5]


@given(st.text())
def test_no_text_reaches_a_terminal_as_it_is(text: str) -> None:
    rows = table((text, None, (None, None), text))
    lines = [*tsv(rows), *markdown(rows), *json_text(objects(rows)).split("\n")]
    assert all(line.replace("\t", "").isprintable() for line in lines)
    assert json.loads(json_text(objects(rows)))[0]["id"] in (text, None)
