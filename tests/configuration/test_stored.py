"""Values in the form of flags.json."""

import datetime as dt
import enum
import functools
import json
import math
import os.path
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import assume, given
from strategies import Act, Mode, typed_values, untyped_values

from forge.configuration.shapes import Mismatch, infer
from forge.configuration.stored import from_stored, is_restored, reference, to_stored
from forge.errors import ForgeError


class Flag(enum.Flag):
    """An enum whose members combine."""

    A = 1
    B = 2


@dataclass
class Sched:
    """A group of parameters."""

    warmup: int = 100
    size: tuple[int, ...] = (1,)
    made: int = field(default=0, init=False)


class Net:
    """A class as a value, with a function in it."""

    def forward(self) -> None:
        """Go forward."""


def relu(x: float) -> float:
    """Cut off what is negative."""
    return max(x, 0.0)


HERE = __name__


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (3, 3),
        (None, None),
        (True, True),
        (0.5, 0.5),
        ("run", "run"),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        ((8, 16), [8, 16]),
        ([(1,), {2}], [[1], [2]]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset([3, 1]), [1, 3]),
        ({"a": (1, 2)}, {"a": [1, 2]}),
        ({1: 2, None: 3}, {"1": 2, "None": 3}),
        ({Act.relu: Path("x")}, {"relu": "x"}),
        (Path("out/x"), "out/x"),
        (Act.tanh, "tanh"),
        (Mode.EXACT, "EXACT"),
        (Flag.A, "A"),
        (Sched(), {"warmup": 100, "size": [1]}),
        (relu, f"{HERE}:relu"),
        (Net, f"{HERE}:Net"),
        (Net.forward, f"{HERE}:Net.forward"),
        (os.path.join, "posixpath:join"),
        (math.sin, "math:sin"),
    ],
)
def test_a_value_is_stored_as_json_can_hold_it(value: Any, stored: Any) -> None:
    assert to_stored(value) == stored
    assert json.loads(json.dumps(to_stored(value))) == stored


@pytest.mark.parametrize(
    "value",
    [
        dt.date(2026, 1, 1),
        1j,
        b"a",
        np.zeros(3),
        functools.partial(relu),
        Flag.A | Flag.B,
        {(1, 2): 3},
        {1: 2, "1": 3},
        [object()],
    ],
)
def test_what_json_cannot_express_is_left_to_the_codec(value: Any) -> None:
    with pytest.raises(ForgeError, match="cannot be stored") as caught:
        to_stored(value, "when")
    assert caught.value.code == "bad-value"
    assert caught.value.key == "when"
    inner = value[0] if isinstance(value, list) else value
    stored = to_stored(value, "when", rich=lambda rest: {"rich": id(rest)})
    rich = stored[0] if isinstance(value, list) else stored
    assert rich == {"rich": id(inner)}


def test_a_value_that_cannot_be_stored_is_named(
    message: Callable[[str, str], None],
) -> None:
    with pytest.raises(ForgeError) as caught:
        to_stored(dt.date(2026, 1, 1), "data.since")
    message("bad-value-stored", str(caught.value))


def test_a_lambda_is_refused_with_advice(message: Callable[[str, str], None]) -> None:
    for name, function in ("lambda", lambda x: x), ("inner", _inner()):
        with pytest.raises(ForgeError) as caught:
            to_stored(function, "model.act", rich=repr)
        message(f"bad-value-{name}", str(caught.value))


def _inner() -> Callable[[], None]:
    def inside() -> None:
        """Nothing can import this."""

    return inside


def test_a_text_that_no_file_can_hold_is_refused() -> None:
    for value in "\udcff", ["\ud800"], {"\ud800": 1}, Path("\ud800"):
        with pytest.raises(ForgeError, match="not valid Unicode"):
            to_stored(value)
    assert to_stored("naïve \U0001f600") == "naïve \U0001f600"


def test_a_number_that_python_cannot_print_is_refused() -> None:
    for value in 1 << 20_000, {1 << 20_000: 1}:
        with pytest.raises(ForgeError, match="too many digits"):
            to_stored(value)
    assert to_stored(2**200) == 2**200


def test_a_list_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ForgeError, match="contains itself"):
        to_stored(endless)


@given(typed_values())
def test_values_come_back_in_their_types(pair: tuple[Any, Any]) -> None:
    kind, value = pair
    try:
        stored = to_stored(value)
    except ForgeError:
        assume(condition=False)
    back = from_stored(json.loads(json.dumps(stored)), kind)
    assert back == value
    assert type(back) is type(value)
    assert is_restored(value, kind)


@given(untyped_values)
def test_a_value_is_restored_or_said_not_to_be(value: Any) -> None:
    """Without a type a tuple would come back as a list: the codec must keep it."""
    try:
        stored = json.loads(json.dumps(to_stored(value)))
    except ForgeError:
        assume(condition=False)
    if is_restored(value, Any):
        assert repr(from_stored(stored, Any)) == repr(value)
    try:
        back = from_stored(stored, infer(value))
    except Mismatch:
        assert not is_restored(value, infer(value))
    else:
        assert not is_restored(value, infer(value)) or back == value


@pytest.mark.parametrize(
    ("value", "kind", "restored"),
    [
        ((1, 2), tuple[int, ...], True),
        ((1, 2), Any, False),
        ((1, (2, 3)), tuple, False),
        (math.nan, float, True),
        (Path("x"), Path | str, False),
        (Act.relu, Act | None, True),
        ({1: 2}, dict[int, int], True),
        ({1: 2}, dict, False),
        ({2, 1}, set[int], True),
        ([1, 2.0], list[float], False),
        (relu, Any, False),
        (relu, type(relu), True),
        (object(), object, False),
        (Sched(), Sched, True),
    ],
)
def test_what_the_type_does_not_tell_is_not_restored(
    value: Any, kind: Any, *, restored: bool
) -> None:
    assert is_restored(value, kind) is restored


def test_a_function_is_found_by_its_default_or_by_whoever_may_import() -> None:
    kind = type(relu)
    stored = to_stored(relu)
    assert from_stored(stored, kind, default=relu) is relu
    assert from_stored(stored, Callable | None, default=relu) is relu
    with pytest.raises(Mismatch):
        from_stored(stored, kind)
    with pytest.raises(Mismatch):
        from_stored("os:system", kind, default=relu)
    found = {"project.acts:gelu": math.erf}
    assert from_stored("project.acts:gelu", kind, resolve=found.get) is math.erf


def test_a_text_is_never_taken_for_a_function() -> None:
    def resolve(name: str) -> Any:
        raise AssertionError(name)

    assert from_stored("os:system", str, resolve=resolve) == "os:system"
    assert from_stored("os:system", Callable | str, resolve=resolve) == "os:system"
    assert from_stored("os:system", Any, resolve=resolve) == "os:system"


@pytest.mark.parametrize(
    ("stored", "kind"),
    [("x", int), ([1], tuple[int, int]), ("relv", Act), ("b", Literal["a"]), ({}, int)],
)
def test_a_stored_value_of_another_type_is_refused(stored: Any, kind: Any) -> None:
    with pytest.raises(Mismatch):
        from_stored(stored, kind)


def test_things_without_a_name_have_no_reference() -> None:
    assert reference(functools.partial(relu)) is None
    assert reference(3) is None
    assert reference(relu) == f"{HERE}:relu"
