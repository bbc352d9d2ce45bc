"""What a checkpoint keeps beside the objects."""

from forge.checkpoints.manager import Checkpoints
from forge.run.state import State


def test_generators_go_on_made_before_or_after_the_restore(tmp_path):
    first = State()
    early, late = first.generator("a", 1), first.generator("b", 2)
    early.random(), late.random()
    manager = Checkpoints(tmp_path)
    manager.save(3, {"x": [1]}, state=first.saved(first.reached))
    expected = early.random(), late.random()

    found = []
    second = State()
    again = second.generator("a", 1)
    restored = manager.restored({"x": [0]})
    second.restored(restored, [], lambda *told: found.append(told))
    assert (again.random(), second.generator("b", 2).random()) == expected
    assert second.generator("b", 9) is second.generator("b", 2)
    # What is saved before it was asked for again is not lost.
    assert set(second.saved(second.reached)["generators"]) == {"a", "b"}
    assert found[0][0] == "state"


def test_what_is_left_out_is_told(tmp_path):
    manager, state = Checkpoints(tmp_path), State()
    manager.save(1, {"model": [1], "optimizer": [2]}, state=state.saved(state.reached))
    found = []
    restored = manager.restored({"model": [0]})
    State().restored(restored, [], lambda *told: found.append(told))
    assert found[0][0] == "weights"
    assert "optimizer was saved and not restored" in found[0][1]
