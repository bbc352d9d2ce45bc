"""Components called by name, now or later."""

import pytest

from forge.building.factory import Factory, call
from forge.component import Component


def adam(params, lr=0.1, *, betas=(1,)):
    return params, lr, betas


def by_position(a, _b=2, /, c=3):
    return a, _b, c


def test_arguments_go_by_name_and_where_they_must_by_position() -> None:
    component = Component.of(adam, "optimizer")
    assert call(component, {"params": 1, "lr": 2}) == (1, 2, (1,))
    component = Component.of(by_position, "model")
    assert call(component, {"c": 5, "a": 1}) == (1, 2, 5)


def test_slots_that_only_the_decorator_has_are_not_passed() -> None:
    component = Component.of(adam, "x", declared={"dataset": 1, "lr": 2})
    assert call(component, {"dataset": 3, "params": 1, "lr": 4}) == (1, 4, (1,))


def test_a_factory_takes_what_is_left_and_may_be_called_often() -> None:
    betas = [0.9]
    make = Factory(Component.of(adam, "x"), {"lr": 0.5, "betas": betas}, ["params"])
    one, two = make(1), make(params=2, lr=3)
    assert one == (1, 0.5, [0.9])
    assert two == (2, 3, [0.9])
    assert one[2] is not betas
    assert repr(make) == "<forge.Factory adam(params)>"
    with pytest.raises(TypeError, match="takes 1 positional arguments here"):
        make(1, 2)
    with pytest.raises(TypeError, match="params"):
        make()
