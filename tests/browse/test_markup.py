"""Tables of runs as HTML."""

from hypothesis import given
from hypothesis import strategies as st

from forge.browse.expression import Name
from forge.browse.markup import html
from forge.browse.tables import Table, column_of


def table(key: str, value: object) -> Table:
    columns = (column_of(Name("run", "status")), column_of(Name("config", key)))
    return Table(columns, ((("RUNNING", "silent"), value),))


def test_it_is_read_by_people() -> None:
    shown = html(table("lr", 0.123456))
    assert "<td>● dead?</td><td>0.1235</td>" in shown


@given(st.text(), st.text())
def test_no_text_is_markup(key: str, value: str) -> None:
    assert html(table(key, value)).count("<") == html(table("", "")).count("<")
