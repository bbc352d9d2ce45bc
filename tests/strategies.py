"""Hypothesis strategies: typed values, and texts that hurt."""

import enum
from collections.abc import Hashable
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Union

from hypothesis import strategies as st


class Act(enum.Enum):
    """An enum like that of example E8."""

    relu = 1
    tanh = 2


class Mode(enum.StrEnum):
    """An enum whose values are not its names."""

    FAST = "fast, and loose"
    EXACT = "exact"


#: Characters that the grammar of words gives a meaning, and some it does not.
ODD_CHARACTERS = " ,:=[](){}'\"\\~#\n\tabNn01-.é\ud800"

odd_texts = st.text(alphabet=ODD_CHARACTERS, max_size=12)
texts = st.text(max_size=12) | odd_texts
#: Texts that can be stored in a file.
unicode_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
paths = texts.filter(lambda text: "\0" not in text).map(PurePosixPath).map(Path)
floats = st.floats(allow_nan=False)

leaves: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(),
    float: floats,
    bool: st.booleans(),
    str: texts,
    Path: paths,
    Act: st.sampled_from(Act),
    Mode: st.sampled_from(Mode),
    Literal["fast", "None", "a,b", '"q"', 3]: st.sampled_from(
        ["fast", "None", "a,b", '"q"', 3]
    ),
}


def _optional(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    kind, values = pair
    return Union[kind, None], st.none() | values  # noqa: UP007 - kind is a value


def _listed(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    kind, values = pair
    return list[kind], st.lists(values, max_size=4)


def _tupled(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    kind, values = pair
    return tuple[kind, ...], st.lists(values, max_size=4).map(tuple)


def _paired(pairs: tuple[tuple[Any, Any], tuple[Any, Any]]) -> tuple[Any, Any]:
    (one, ones), (other, others) = pairs
    return tuple[one, other], st.tuples(ones, others)


def _mapped(pairs: tuple[tuple[Any, Any], tuple[Any, Any]]) -> tuple[Any, Any]:
    (key, keys), (kind, values) = pairs
    return dict[key, kind], st.dictionaries(keys, values, max_size=3)


_leaf_pairs = st.sampled_from(list(leaves.items()))
_named = st.sampled_from([(kind, leaves[kind]) for kind in (int, str, Act)])

#: A type together with the strategy of its values.
typed: st.SearchStrategy[tuple[Any, Any]] = st.recursive(
    _leaf_pairs | _leaf_pairs.map(_optional),
    lambda inner: st.one_of(
        inner.map(_listed),
        inner.map(_tupled),
        st.tuples(inner, inner).map(_paired),
        st.tuples(_named, inner).map(_mapped),
        _named.map(lambda pair: (set[pair[0]], st.sets(pair[1], max_size=3))),  # type: ignore[name-defined]
    ),
    max_leaves=4,
)


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draw a type and one value of it."""
    kind, values = draw(typed)
    return kind, draw(values)


def _untyped(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=3)
    hashable = inner.filter(lambda value: isinstance(value, Hashable))
    keys = hashable.filter(_can_be_key)
    return st.one_of(
        lists,
        lists.map(tuple),
        st.dictionaries(keys, inner, max_size=3),
        st.sets(keys, max_size=3),
    )


def _can_be_key(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


#: Values that a parameter without a type can have.
untyped_values = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | texts, _untyped, max_leaves=6
)

#: Texts as people and programs get them wrong.
nasty_texts = st.one_of(
    st.text(),
    odd_texts,
    st.text(alphabet="[](){},:'\"\\"),
    st.sampled_from(
        [
            "[" * 5_000 + "]" * 5_000,
            "(" * 5_000,
            "{" * 10_000,
            "-" * 10_000 + "1",
            "x" * 10_000,
            "'" * 10_000,
            "1" * 10_000,
            "0x" + "f" * 10_000,
            "-" + "9" * 100_000,
            "1e999999999",
            "1e400",
            "[" + "1" * 5_000 + "]",
            "',\\'" * 2_500,
            "[" * 30 + "1," * 3_000 + "]" * 30,
            "~\0",
            "~\ud800",
            "\ud800",
            "{{},[]:{}}",
            "{[1]:2}",
            "{1:{2:[3,(4,{5})]}}",
            "1,[2",
            '"\\U99999999"',
            "0x",
            "_",
            "1__0",
            "",
        ]
    ),
)
