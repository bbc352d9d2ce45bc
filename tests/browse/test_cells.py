"""Values in the form of the index."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from forge.browse.cells import dumps, loads, plain, spelled


_any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(_any)
def test_whatever_it_was_it_can_be_kept(value) -> None:
    kept = plain(value)
    text = dumps(kept)
    text.encode()
    assert loads(text) == kept
    json.loads(text, parse_constant=lambda name: 1 / 0)


def test_what_has_no_place_in_json() -> None:
    assert plain(math.nan) == "NaN"
    assert plain(math.inf) == -plain(-math.inf) > 1e308
    assert plain(10**400) == plain(math.inf)
    assert plain("a\0\ud800") == "a\ufffd\\ud800"
    assert plain((1, {2})) == [1, [2]]
    assert len(plain("x" * 10_000)) < 5_000


def test_values_in_full() -> None:
    assert spelled(plain(-math.inf)) == "-inf"
    assert [spelled(v) for v in (0.1, True, None, "x", [1, "a"])] == [
        "0.1",
        "true",
        "",
        "x",
        '[1,"a"]',
    ]
