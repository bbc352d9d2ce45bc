"""Modules, variables, generators and iterators of TensorFlow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks

OBJECTS = """
import sys
from pathlib import Path
import tensorflow as tf
from forge.checkpoints.manager import Checkpoints

class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.zeros((3, 2)))
        small = tf.Variable(tf.zeros(2, tf.bfloat16))
        self.layers = [tf.Variable(0, dtype=tf.int32), small]

net, rate = Net(), tf.Variable(0.5)
generator = tf.random.Generator.from_seed(int(sys.argv[2]))
numbers = iter(tf.data.Dataset.range(100).shuffle(10, seed=1).batch(3))
objects = dict(net=net, rate=rate, generator=generator, numbers=numbers)
saved = Checkpoints(Path(sys.argv[1]))
if sys.argv[3] == "save":
    net.w.assign(tf.random.normal((3, 2)))
    net.layers[0].assign(7)
    net.layers[1].assign([1.5, 2.5])
    rate.assign(0.25)
    generator.normal((3,))
    next(numbers), next(numbers)
    saved.save(1, objects)
else:
    assert saved.restore(objects) == 1
print([v.numpy().tolist() for v in net.variables], rate.numpy())
print(generator.normal((3,)).numpy(), next(numbers).numpy(), next(numbers).numpy())
"""


def test_everything_goes_on_in_another_process(
    tmp_path: Path, lines: Callable[..., list[str]]
) -> None:
    saved, restored = (1, "save"), (2, "restore")
    assert lines(OBJECTS, tmp_path, *saved) == lines(OBJECTS, tmp_path, *restored)


def module(**shapes: tuple[int, ...]) -> Any:
    """Make a module with a variable of ones of each shape."""
    import tensorflow as tf

    found = tf.Module()
    for name, shape in shapes.items():
        setattr(found, name, tf.Variable(tf.ones(shape)))
    return found


def test_a_module_of_another_structure_is_refused_unchanged(
    saved: Checkpoints, message: Any
) -> None:
    saved.save(5, {"net": module(a=(2,), b=(3,), c=(4,)), "history": [1]})
    net, history = module(a=(2,), b=(7,), d=(1,)), [2]
    net.a.assign([5.0, 5.0])
    with pytest.raises(ForgeError) as e:
        saved.restore({"history": history, "net": net})
    message(
        "checkpoint-mismatch-tensorflow", str(e.value).replace(str(saved.folder), "DIR")
    )
    assert net.a.numpy().tolist() == [5.0, 5.0]
    assert history == [2]


def test_partial_restores_what_fits(saved: Checkpoints) -> None:
    saved.save(5, {"net": module(a=(2,), c=(4,))})
    net = module(a=(2,), d=(1,))
    net.a.assign([5.0, 5.0])
    found = saved.restored({"net": net}, partial=True)
    assert net.a.numpy().tolist() == [1.0, 1.0]
    assert found.differences["net"].fitting == ("a",)


def test_a_later_refusal_of_another_object_is_undone(saved: Checkpoints) -> None:
    class Touchy:
        """Gives its state, and refuses to take it."""

        def get_state(self) -> int:
            return 1

        def set_state(self, state: int) -> None:
            raise ValueError("not now")

    saved.save(1, {"net": module(a=(2,)), "touchy": Touchy()})
    net = module(a=(2,))
    net.a.assign([5.0, 5.0])
    with pytest.raises(ValueError, match="not now") as e:
        saved.restore({"net": net, "touchy": Touchy()})
    assert e.value.__notes__ == [
        "while touchy was restored; every object is as it was before, except touchy"
    ]
    assert net.a.numpy().tolist() == [5.0, 5.0]


def test_a_module_without_variables_has_no_state() -> None:
    from forge.checkpoints.adapters import has_state

    assert not has_state(module())
    assert has_state(module(a=(1,)))
