"""Plain values, containers and objects that give their state."""

import random
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


class Scheduler:
    """An object of a user that gives its state."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def state_dict(self) -> dict[str, Any]:
        return {"rate": self.rate}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["rate"] < 0:
            raise ValueError("a rate is never negative")
        self.rate = state["rate"]


def test_containers_are_changed_in_place(saved: Checkpoints) -> None:
    history = {"loss": [3.0, 2.0], "best": (1, "x"), 7: {1, 2}, "raw": bytearray(b"a")}
    saved.save(1, {"history": history})
    losses, numbers = history["loss"], history[7]
    losses.append(1.0)
    numbers.add(3)
    history["more"] = 1
    history["best"] = (2, "y")
    assert saved.restore({"history": history}) == 1
    assert history == {
        "loss": [3.0, 2.0],
        "best": (1, "x"),
        7: {1, 2},
        "raw": bytearray(b"a"),
    }
    assert history["loss"] is losses
    assert history[7] is numbers


def test_arrays_are_changed_in_place(saved: Checkpoints) -> None:
    a = np.arange(6.0).reshape(2, 3)
    saved.save(1, {"a": a, "inside": [a]})
    seen, inside = a.T, [a.copy()]
    kept = inside[0]
    a += 5
    kept += 5
    saved.restore({"a": a, "inside": inside})
    assert seen[1, 1] == 4
    assert inside[0] is kept
    assert kept[1, 1] == 4


@pytest.mark.parametrize("value", [7, 2**80, 0.1, float("inf"), "text", None, (1, 2)])
def test_values_that_cannot_change_come_back_as_new_ones(
    saved: Checkpoints, value: Any
) -> None:
    saved.save(3, {"value": value})
    found = saved.restored({"value": value})
    assert (found.step, found.objects["value"]) == (3, value)


def test_values_that_cannot_change_are_refused_by_restore(
    saved: Checkpoints, message: Any
) -> None:
    saved.save(3, {"epoch": 7, "history": [1]})
    history: list[int] = []
    with pytest.raises(ForgeError) as e:
        saved.restore({"epoch": 0, "history": history})
    message("checkpoint-not-in-place", str(e.value))
    assert history == []


def test_objects_give_and_take_their_state(saved: Checkpoints) -> None:
    scheduler, state = Scheduler(0.5), np.random.RandomState(3)
    generator = random.Random(3)
    saved.save(1, {"scheduler": scheduler, "numpy": state, "python": generator})
    expected = state.rand(), generator.random()
    scheduler.rate = 0.1
    saved.restore({"scheduler": scheduler, "numpy": state, "python": generator})
    assert scheduler.rate == 0.5
    assert (state.rand(), generator.random()) == expected


def test_an_object_that_refuses_its_state_leaves_all_others_as_they_were(
    saved: Checkpoints,
) -> None:
    first, second, history = Scheduler(0.5), Scheduler(-1.0), [1]
    saved.save(1, {"first": first, "second": second, "history": history})
    first.rate, second.rate, history[0] = 0.1, 0.2, 9
    with pytest.raises(ValueError, match="never negative") as e:
        saved.restore({"first": first, "second": second, "history": history})
    assert (first.rate, second.rate, history) == (0.1, 0.2, [9])
    assert e.value.__notes__ == [
        "while second was restored; every object is as it was before"
    ]


def test_an_array_of_another_shape_is_refused(saved: Checkpoints, message: Any) -> None:
    saved.save(1, {"a": np.zeros((2, 3)), "b": [1]})
    a, b = np.ones((3, 2)), [2]
    with pytest.raises(ForgeError) as e:
        saved.restore({"a": a, "b": b})
    message("checkpoint-mismatch-array", str(e.value).replace(str(saved.folder), "DIR"))
    assert a.all()
    assert b == [2]


def test_partial_leaves_what_does_not_fit(saved: Checkpoints) -> None:
    saved.save(1, {"a": np.zeros(2), "b": [1]})
    a, b = np.ones(3), [2]
    found = saved.restored({"a": a, "b": b}, partial=True)
    assert a.all()
    assert b == [1]
    assert found.differences["a"].different == ("float64[3] here, saved as float64[2]",)
    assert not found.differences["b"]


def test_what_has_no_plain_form_is_refused_with_ways_out(
    saved: Checkpoints, message: Any
) -> None:
    with pytest.raises(ForgeError) as e:
        saved.save(5, {"cfg": {"a": [object()]}, "ok": 1, "f": {"g": len}})
    message("checkpoint-type", str(e.value))
    assert saved.steps() == []
    assert len(e.value.errors) == 2
