"""Signatures: which arguments are parameters, inputs and slots."""

from functools import partial, wraps
from typing import Annotated, Any

import pytest
from worlds import World

from forge.errors import ForgeError
from forge.registry import kind
from forge.signature import (
    EMPTY,
    Argument,
    Dataset,
    Derived,
    Factory,
    Model,
    Role,
    Signature,
    component_mark,
    derived,
    fill_of,
    read_signature,
    slot,
    with_default,
)


def read(function: Any, **declared: Any) -> Signature:
    return read_signature(function, "f", declared)


def roles(function: Any, **declared: Any) -> dict[str, str]:
    found = read(function, **declared).arguments
    return {argument.name: argument.role.value for argument in found}


def net(width=1): ...


def data(n=1): ...


WORLD = World()
MODEL, DATASET = WORLD.model(net), WORLD.dataset(data)
SLOT, LIST, EMPTY_LIST = slot(DATASET, n=2), [MODEL, MODEL], []
DERIVED = derived(lambda a: a)


def test_a_default_makes_a_parameter_and_no_default_an_input() -> None:
    def function(a, b=1, *, c, d=None, **rest): ...

    assert roles(function) == {
        "a": "input",
        "b": "parameter",
        "c": "input",
        "d": "parameter",
    }
    assert read(function).by_name["a"].default is EMPTY


def test_what_makes_a_slot() -> None:
    optimizer = kind("optimizer")

    def function(
        dataset,
        a: Model,
        b: Dataset | None,
        c: "list[Model]",
        d: optimizer,
        e=MODEL,
        f=SLOT,
        g=LIST,
        h: Model | None = None,
        i=(MODEL,),
        j=EMPTY_LIST,
        k: "list[Model]" = EMPTY_LIST,
    ): ...

    by_name = read(function).by_name
    kinds = {name: (a.role.value, a.kind) for name, a in by_name.items()}
    assert kinds == {
        "dataset": ("slot", "dataset"),
        "a": ("slot", "model"),
        "b": ("slot", "dataset"),
        "c": ("slots", "model"),
        "d": ("slot", "optimizer"),
        "e": ("slot", "model"),
        "f": ("slot", "dataset"),
        "g": ("slots", "model"),
        "h": ("slot", "model"),
        "i": ("slots", "model"),
        "j": ("parameter", None),
        "k": ("slots", "model"),
    }
    assert [n for n, a in by_name.items() if a.optional] == ["b", "h"]
    assert [n for n, a in by_name.items() if a.implicit] == ["dataset"]


def test_a_factory_is_a_slot_only_with_a_component() -> None:
    def function(a: Factory = MODEL, b: Factory = 1, c: Factory | None = None): ...

    by_name = read(function).by_name
    assert by_name["a"].factory
    assert by_name["a"].role is Role.SLOT
    assert by_name["b"].role is by_name["c"].role is Role.PARAMETER


def test_names_with_an_underscore_are_special_or_nothing() -> None:
    def function(_cache=1, *, _run, _seed=3): ...

    signature = read(function)
    assert [a.name for a in signature.arguments] == ["_run", "_seed"]
    assert "_cache" in signature.by_name


def test_what_a_plain_call_cannot_use_is_guarded() -> None:
    def function(a=MODEL, b=DERIVED, c=LIST, d=1, e: Model = None): ...

    assert read(function).guarded == ("a", "b", "c")


def test_slots_of_the_decorator_come_last() -> None:
    def function(a=1, model=None): ...

    signature = read(function, dataset=DATASET, model=MODEL)
    assert [a.name for a in signature.arguments] == ["a", "model", "dataset"]
    assert signature.by_name["model"].role is Role.SLOT
    assert signature.extra == {"dataset"}


def test_positional_only_arguments_are_known() -> None:
    def function(a, b=1, /, c=2): ...

    assert read(function).positional_only == ("a", "b")
    assert read(net).positional_only == ()


def test_whatever_python_can_call_can_be_read() -> None:
    class Plain:
        def __init__(self, a, b=1): ...

    class Meta(type):
        def __call__(cls, x=1): ...

    class Odd(metaclass=Meta): ...

    class Caller:
        def __call__(self, a, b=1): ...

    @wraps(net)
    def wrapped(*args, **kwargs): ...

    expected = {"a": "input", "b": "parameter"}
    assert roles(Plain) == roles(Caller()) == expected
    assert roles(Odd) == {"x": "parameter"}
    assert roles(wrapped) == {"width": "parameter"}
    assert roles(partial(net, width=3)) == {"width": "parameter"}


def test_help_comes_from_the_annotation() -> None:
    def function(a: Annotated[int, "units"] = 1, b: Annotated[Model, "net"] = None): ...

    by_name = read(function).by_name
    assert (by_name["a"].help, by_name["a"].annotation) == ("units", int)
    assert (by_name["b"].help, by_name["b"].kind) == ("net", "model")


def test_subclasses_of_a_component_are_none() -> None:
    class Net: ...

    Net.__forge_component__ = "mark"

    class Wider(Net): ...

    assert component_mark(Net) == "mark"
    assert component_mark(Wider) is None
    assert component_mark(Net()) is None
    assert component_mark(MODEL).name == "net"


def test_slot_and_derived_make_defaults() -> None:
    made = slot(MODEL, width=3)
    assert (made.component, made.values) == (MODEL, {"width": 3})
    assert slot().component is None
    assert fill_of(MODEL).values == {}
    assert fill_of(3) is None
    assert derived(lambda a, b: a).names == ("a", "b")
    assert isinstance(derived(lambda: 1), Derived)
    with pytest.raises(ForgeError) as caught:
        slot(3)
    assert caught.value.code == "not-a-component"


def test_an_argument_takes_another_default() -> None:
    plain = Argument("width", Role.INPUT)
    assert with_default(plain, 3).role is Role.PARAMETER
    assert with_default(plain, MODEL).role is Role.SLOT
