import collections
import contextlib
import datetime as dt
import decimal
import enum
import fractions
import math
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.records.codec import (
    classes_in,
    from_json,
    is_described,
    is_tagged,
    rich,
    to_json,
    unrich,
)
from forge.records.showing import readable


class Mode(enum.Enum):
    FAST = "fast"


@dataclass(frozen=True)
class Decay:
    rate: float
    at: tuple[int, ...] = ()
    when: Mode = Mode.FAST


@dataclass(frozen=True, slots=True)
class Slotted:
    rate: float


class Trap:
    def __init__(self, path: str) -> None:
        Path(path).touch()


@dataclass
class Named:
    name: str
    size: float


OURS = {
    f"{kind.__module__}.{kind.__qualname__}": kind
    for kind in (Mode, Decay, Slotted, Named)
}

TEXTS = st.text(max_size=6) | st.sampled_from(["NaN", "Infinity", "-Infinity"])
KEYS = TEXTS | st.sampled_from(
    ["py/object", "py/tuple", "json://1", "forge/dict", "forge/text"]
)
HASHABLE = st.none() | st.booleans() | st.integers() | TEXTS | st.binary()
VALUES = st.recursive(
    HASHABLE | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(KEYS, inner)
        | st.dictionaries(HASHABLE | st.tuples(st.integers()), inner)
        | st.sets(HASHABLE)
    ),
    max_leaves=12,
)


def stored(value: Any) -> Any:
    return from_json(to_json(rich(value)))


@given(VALUES)
def test_containers_come_back_as_they_were(value: Any) -> None:
    assert unrich(stored(value)) == value


@given(VALUES)
def test_they_can_be_shown_without_any_class(value: Any) -> None:
    assert readable(stored(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        Path("/data/a b"),
        PurePosixPath("x"),
        dt.datetime(2025, 1, 2, 3, 4, tzinfo=dt.UTC),
        dt.date(2025, 1, 2),
        dt.timedelta(days=3, seconds=1),
        decimal.Decimal("1.50"),
        fractions.Fraction(1, 3),
        uuid.UUID(int=5),
        1 + 2j,
        frozenset({1}),
        range(3),
        collections.OrderedDict(a=1),
    ],
    ids=repr,
)
def test_standard_types_need_no_permission(value: Any) -> None:
    back = unrich(stored([value]))
    assert back == [value]
    assert type(back[0]) is type(value)


@pytest.mark.parametrize("value", [Mode.FAST, Decay(0.5, (1, 2)), Slotted(0.5)])
def test_classes_of_the_run_come_back_when_they_are_allowed(value: Any) -> None:
    assert unrich(stored({"v": value}), OURS) == {"v": value}
    with pytest.raises(ForgeError, match=r"asks for .* at \$\.v"):
        unrich(stored({"v": value}))


def test_the_class_is_the_one_given_not_the_one_of_that_name() -> None:
    other = dataclass(type("Decay", (), {"__annotations__": {"rate": float}}))
    name = f"{Decay.__module__}.Decay"
    back = unrich(stored(Decay(0.5)), OURS | {name: other})
    assert type(back) is other


def test_plain_values_stay_themselves() -> None:
    value = {"accuracy": 0.5, "steps": [1, 2], "note": None, "ok": True}
    assert rich(value) == value


def test_numbers_of_arrays_become_plain_numbers() -> None:
    value = {"a": np.float32(0.5), "b": np.int64(3), "c": np.array([[1, 2]]), "d": 1}
    assert rich(value) == {"a": 0.5, "b": 3, "c": [[1, 2]], "d": 1}
    assert rich(np.float64("nan")) != 0.0
    assert rich(np.bool_(1)) is True


@pytest.mark.frameworks
def test_tensors_of_torch_become_plain_numbers() -> None:
    torch = pytest.importorskip("torch")
    scalar = torch.tensor([0.25], requires_grad=True).mean()
    assert rich({"loss": scalar, "n": torch.tensor([[1, 2]])}) == {
        "loss": 0.25,
        "n": [[1, 2]],
    }
    assert is_described(rich(torch.zeros(5_000)))


def test_what_cannot_be_stored_is_described() -> None:
    for value in (len, lambda: 1, np.zeros(5_000), open):
        assert set(rich(value)) <= {"forge/text", "py/function", "py/type"}
        to_json(rich(value))
    assert unrich(rich(lambda: 1)).startswith("<function ")


class Heavy:
    def __init__(self) -> None:
        self.weights = np.zeros(100_000)


def test_objects_that_would_flood_the_record_are_described() -> None:
    assert "Heavy object" in rich({"model": Heavy()})["model"]["forge/text"]


class Awkward:
    def __reduce__(self) -> Any:
        raise RuntimeError

    def __getstate__(self) -> Any:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


def test_storing_never_fails() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "nested too deeply" in rich(loop)["forge/text"]
    assert "Awkward object" in rich(Awkward())["forge/text"]


def attacks(mark: Path) -> list[Any]:
    call = [{"py/function": "os.mkdir"}, {"py/tuple": [str(mark)]}]
    trap = f"{Trap.__module__}.Trap"
    return [
        {"py/reduce": call},
        {"py/reduce": [{"py/type": trap}, {"py/tuple": [str(mark)]}]},
        {"py/reduce": "py/newobj"},
        {"py/object": trap, "py/initargs": [str(mark)]},
        {"py/object": "antigravity.x"},
        {"py/object": ["a"]},
        {"py/type": "os.system"},
        {"py/function": "os.system"},
        {"py/mod": "antigravity/antigravity"},
        {"py/repr": "antigravity/antigravity.x"},
        {"py/object": "builtins.complex", "py/newargsex": [[], {}]},
        {"py/iterator": []},
        {f'json://{{"py/reduce": {to_json(call).decode()}}}': 1},
        {"json://{": 1},
        {
            "py/object": "builtins.complex",
            f"json://{to_json({'py/reduce': call}).decode()}": 1,
        },
        {"py/object": "collections.OrderedDict", "default_factory": {"py/type": trap}},
    ]


@pytest.mark.parametrize(
    "place",
    [
        lambda x: x,
        lambda x: {"py/tuple": [[x]]},
        lambda x: {"a": {"forge/dict": [[1, x]]}},
    ],
)
def test_nothing_unlisted_is_imported_or_called(
    tmp_path: Path, place: Callable[[Any], Any]
) -> None:
    mark = tmp_path / "made"
    for attack in attacks(mark):
        with pytest.raises(ForgeError) as caught:
            unrich(place(attack), OURS)
        assert caught.value.code == "untrusted-value"
        readable(place(attack))
        assert not mark.exists()
        assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("untrusted-value-class", {"lr": {"py/object": "os.system"}}),
        ("untrusted-value-call", [{"py/reduce": [{"py/function": "os.system"}]}]),
        ("untrusted-value-tag", {"a": {"py/repr": "os/os.system('ls')"}}),
        ("untrusted-value-damaged", {"a": {"py/set": [[1]]}}),
        ("untrusted-value-bytes", {"a": {"py/b64": "%"}}),
    ],
)
def test_the_refusal_says_what_was_asked_for(
    message: Callable[[str, str], None], name: str, value: Any
) -> None:
    with pytest.raises(ForgeError) as caught:
        unrich(value)
    message(name, str(caught.value))


def test_values_nested_beyond_reason_are_refused_and_still_shown() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ForgeError, match="nested too deeply"):
        unrich(value)
    assert readable(value) is value


json_like = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["py/tuple", "py/set", "py/b64", "forge/dict", "py/object", "a"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@given(json_like)
def test_no_stored_value_crashes_a_reader(value: Any) -> None:
    readable(value)
    with contextlib.suppress(ForgeError):
        unrich(value, OURS)


NAMES = st.sampled_from(["NaN", "Infinity", "-Infinity"])


@given(st.lists(NAMES | st.floats() | st.text(max_size=3)))
def test_texts_that_read_like_numbers_stay_texts(values: list[Any]) -> None:
    for back in (unrich(stored(values)), readable(stored(values))):
        assert list(map(type, back)) == list(map(type, values))
        assert repr(back) == repr(values)


def test_texts_and_numbers_in_objects_come_back_as_they_were() -> None:
    value = Named("NaN", math.inf)
    found = unrich(stored(value), OURS)
    assert (found.name, found.size) == ("NaN", math.inf)


def test_what_a_stored_value_stands_for_is_told_without_making_it() -> None:
    form = stored([Named("a", 1), {"b": Path("x")}])
    assert classes_in(form) == {f"{Named.__module__}.Named"}
    assert [is_tagged(one) for one in (form[0], form[1], form, 1)] == [
        True,
        *[False] * 3,
    ]
    assert is_described(stored(lambda: 1))
    assert not is_described(stored({"a": 1}))
