"""Variables of TensorFlow, restored from what a `Saver` or a `Checkpoint` saved."""

import numpy as np
import pytest

from forge.classic.variables import GraphVariables, restore_tensorflow
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks


@pytest.fixture(name="tf")
def _tf():
    return pytest.importorskip("tensorflow")


@pytest.fixture(name="saved")
def _saved(tf, tmp_path):
    """What a script of 2018 saved: weights, a step, and what its optimizer keeps."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v1.get_variable("layer/w", [2, 3], initializer=v1.constant_initializer(5.0))
        v1.get_variable("layer/b", [3], initializer=v1.constant_initializer(7.0))
        v1.get_variable("layer/w/Adam", [2, 3])
        step = v1.train.get_or_create_global_step()
        session.run(v1.global_variables_initializer())
        session.run(step.assign(9))
        return v1.train.Saver().save(session, str(tmp_path / "model.ckpt"), 9)


def test_a_graph_is_restored_by_names(tf, saved):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        step = v1.train.get_or_create_global_step()
        mine = v1.get_variable("mine", [2], initializer=v1.ones_initializer())
        session.run(v1.global_variables_initializer())
        graph = GraphVariables()
        w, b = v1.get_variable("layer/w", [2, 3]), v1.get_variable("layer/b", [3])
        restore_tensorflow(saved, None, graph, session=session)
        assert session.run(w).tolist() == [[5.0] * 3] * 2
        assert session.run(b).tolist() == [7.0] * 3
        # What was there before and is saved too comes along; the rest is left alone.
        assert session.run(step) == 9
        assert session.run(mine).tolist() == [1.0, 1.0]
        # The session of a `with` block need not be named.
        session.run(v1.global_variables_initializer())
        with session.as_default():
            restore_tensorflow(saved, None, graph, session=None)
        assert session.run(b).tolist() == [7.0] * 3


def test_a_graph_needs_a_session(tf, saved, message):
    with tf.Graph().as_default():
        tf.compat.v1.get_variable("layer/w", [2, 3])
        with pytest.raises(ForgeError) as caught:
            restore_tensorflow(saved, None, None, session=None)
    message("no-session", str(caught.value))


def test_a_graph_that_does_not_fit(tf, saved, message):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        graph = GraphVariables()
        w = v1.get_variable("layer/w", [2, 5], initializer=v1.zeros_initializer())
        v1.get_variable("head/w", [2])
        session.run(v1.global_variables_initializer())
        with pytest.raises(ForgeError) as caught:
            restore_tensorflow(saved, None, graph, session=session)
        assert session.run(w).tolist() == [[0.0] * 5] * 2
    assert caught.value.code == "checkpoint-mismatch"
    message("checkpoint-mismatch-graph", str(caught.value).replace(saved, "CKPT"))


def test_variables_without_a_graph_are_restored_by_names(tf, saved):
    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(tf.zeros([2, 3]), name="layer/w")

    net = Net()
    restore_tensorflow(saved, {"net": net, "loss": 3}, None, session=None)
    assert net.w.numpy().tolist() == [[5.0] * 3] * 2
    net.w = tf.Variable(tf.zeros([2, 4]), name="layer/w")
    with pytest.raises(ForgeError, match="saved as float32"):
        restore_tensorflow(saved, net, None, session=None)
    with pytest.raises(ForgeError) as caught:
        restore_tensorflow(saved, {"loss": 3}, None, session=None)
    assert caught.value.code == "not-in-checkpoint"


@pytest.fixture(name="objects")
def _objects(tf, tmp_path):
    """What `tf.train.Checkpoint` saved: a model, and the optimizer beside it."""
    net = tf.Module()
    net.w = tf.Variable([1.0, 2.0])
    other = tf.Module()
    other.v = tf.Variable(3.0)
    checkpoint = tf.train.Checkpoint(net=net, optimizer=other)
    return checkpoint.save(str(tmp_path / "model.ckpt"))


@pytest.mark.parametrize("wrap", [lambda net: net, lambda net: {"net": net}])
def test_objects_are_restored_by_the_names_they_were_saved_under(tf, objects, wrap):
    net = tf.Module()
    net.w = tf.Variable([0.0, 0.0])
    if wrap(net) is net:
        # One object alone has no name, and two were saved.
        with pytest.raises(ForgeError) as caught:
            restore_tensorflow(objects, net, None, session=None)
        assert caught.value.options == ["net", "optimizer"]
        return
    restore_tensorflow(objects, wrap(net), None, session=None)
    assert net.w.numpy().tolist() == [1.0, 2.0]


def test_objects_that_do_not_fit(tf, objects, message):
    net = tf.Module()
    net.w = tf.Variable(np.zeros(3, np.float32))
    net.extra = tf.Variable(1.0)
    with pytest.raises(ForgeError) as caught:
        restore_tensorflow(objects, {"net": net}, None, session=None)
    text = str(caught.value).replace(objects, "CKPT")
    message("checkpoint-mismatch-objects", text)
    assert net.w.numpy().tolist() == [0.0] * 3
