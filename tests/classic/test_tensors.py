"""Arrays turned into minibatches of tensors."""

import numpy as np
import pytest

import forge
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks
ARRAYS = {"x": np.arange(14.0).reshape(7, 2), "y": np.arange(7)}


@pytest.fixture(name="tf")
def _tf():
    return pytest.importorskip("tensorflow")


def rows(batch):
    return [int(value) for value in np.asarray(batch["y"])]


def test_minibatches_come_without_end(tf):
    batches = forge.tensors_from_data(ARRAYS, 3)
    found = [next(batches) for _ in range(3)]
    assert [rows(batch) for batch in found] == [[0, 1, 2], [3, 4, 5], [0, 1, 2]]
    assert found[0]["x"].shape == (3, 2)
    assert found[0]["x"].numpy().tolist() == ARRAYS["x"][:3].tolist()


def test_examples_lie_along_any_axis(tf):
    arrays = {"t": ARRAYS["x"].T.copy(), "y": ARRAYS["y"]}
    for axis in (1, -1):
        batch = next(forge.tensors_from_data(arrays, 3, axes={"t": axis}))
        assert batch["t"].numpy().tolist() == arrays["t"][:, :3].tolist()


def test_the_order_is_drawn_anew_each_time_round(tf):
    tf.random.set_seed(3)
    batches = forge.tensors_from_data(ARRAYS, 7, shuffle=True)
    first, second = rows(next(batches)), rows(next(batches))
    assert sorted(first) == sorted(second) == list(range(7))
    assert first != second


def test_an_iterator_goes_on_where_it_was_saved(tf, tmp_path):
    batches = forge.tensors_from_data(ARRAYS, 2)
    next(batches)
    path = tf.train.Checkpoint(batches=batches).write(str(tmp_path / "it"))
    again = forge.tensors_from_data(ARRAYS, 2)
    tf.train.Checkpoint(batches=again).read(path)
    assert rows(next(again)) == [2, 3]


def test_a_graph_has_tensors_that_are_another_minibatch_each_time(tf):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        arrays = {**ARRAYS, "t": ARRAYS["x"].T.copy()}
        tensors = forge.tensors_from_data(arrays, 3, axes={"t": 1})
        assert tensors["x"].shape == (3, 2)
        assert tensors["t"].shape == (2, 3)
        found = [session.run(tensors) for _ in range(3)]
        assert [rows(batch) for batch in found] == [[0, 1, 2], [3, 4, 5], [0, 1, 2]]
        for batch in found:
            assert (batch["x"] == batch["t"].T).all()
        shuffled = forge.tensors_from_data(ARRAYS, 7, shuffle=True)
        one, two = (rows(session.run(shuffled)) for _ in range(2))
        assert sorted(one) == sorted(two) == list(range(7))
        assert one != two


def test_the_order_of_a_graph_follows_from_its_seed(tf):
    def drawn(seed):
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            tf.compat.v1.set_random_seed(seed)
            return rows(session.run(forge.tensors_from_data(ARRAYS, 7, shuffle=True)))

    assert drawn(3) == drawn(3) != drawn(4)


@pytest.mark.parametrize(
    ("arrays", "size", "axes", "name"),
    [
        ({**ARRAYS, "z": np.zeros(6)}, 2, None, "bad-arrays"),
        (ARRAYS, 8, None, "bad-arrays-size"),
        ({**ARRAYS, "z": np.float64(1)}, 2, None, "bad-arrays-scalar"),
        (ARRAYS, 2, {"y": 1}, "bad-arrays-axis"),
        ({}, 2, None, "bad-arrays-none"),
    ],
)
def test_arrays_that_do_not_go_together(tf, message, arrays, size, axes, name):
    with pytest.raises(ForgeError) as caught:
        forge.tensors_from_data(arrays, size, axes)
    message(name, str(caught.value))
