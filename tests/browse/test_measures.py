"""What attributes are compared with."""

import pytest

from forge.browse.attributes import ATTRIBUTES
from forge.browse.expression import Kind, Value, value_of
from forge.browse.measures import measured, period
from forge.errors import ForgeError


def understood(name: str, text: str) -> Value:
    return measured(ATTRIBUTES[name], value_of(text))


def test_values_in_the_units_of_attributes() -> None:
    assert understood("status", "failed") == Value(Kind.TEXT, "FAILED")
    # As lists show it.
    assert understood("status", "stopped") == Value(Kind.TEXT, "INTERRUPTED")
    assert understood("duration", "1h30m") == Value(Kind.SPAN, "1h30m")
    assert measured(ATTRIBUTES["duration"], Value(Kind.TEXT, "90")).kind is Kind.NUMBER
    assert understood("star", "true") == Value(Kind.BOOL, "true")
    assert understood("steps", "1e3") == Value(Kind.NUMBER, "1e3")
    assert understood("label", "1e3") == Value(Kind.NUMBER, "1e3")
    for name in ("status", "duration", "star", "size"):
        assert understood(name, "none").kind is Kind.NONE


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10kB", 10_000),
        ("1.5MB", 1_500_000),
        ("2 GiB", 2 << 30),
        ("7b", 7),
        ("1tb", 10**12),
        ("12", 12),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert float(understood("size", text).text) == size


def test_what_cannot_be_compared(message) -> None:
    wrong = {
        "duration": "abc",
        "status": "daed",
        "size": "10kBit",
        "steps": "3h",
        "star": "yes",
    }
    told = []
    for name, text in wrong.items():
        with pytest.raises(ForgeError) as caught:
            understood(name, text)
        assert (caught.value.code, caught.value.value) == ("bad-filter", text)
        told.append(str(caught.value))
    with pytest.raises(ForgeError):
        understood("size", "5ib")
    message("bad-filter-measures", "\n".join(told))


def test_a_time() -> None:
    assert period(value_of("1h30m"), 6_000) == (600, 600)
    with pytest.raises(ForgeError, match="'soon' is no time"):
        period(value_of("soon"), 0)
