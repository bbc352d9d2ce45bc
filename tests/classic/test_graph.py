"""Graphs and sessions of TensorFlow, and the variables in them."""

import os
import subprocess
import sys

import pytest

import forge.experiment_tools as fet
from forge.classic.graph import is_graph_mode
from forge.errors import ForgeError


def test_gpus_are_chosen_by_number(monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        monkeypatch.setenv(name, "before")
    fet.set_gpu(1)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    fet.set_gpu(None)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""


def test_without_tensorflow_nothing_is_imported(monkeypatch, message):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with pytest.raises(ForgeError) as caught:
        fet.get_session()
    message("no-tensorflow", str(caught.value))
    assert not is_graph_mode()


@pytest.mark.frameworks
def test_variables_of_the_graph(capsys, message):
    tf = pytest.importorskip("tensorflow")
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        assert is_graph_mode()
        for name, shape in [("a/w", [3, 4]), ("a/b", [4]), ("c/w", [2]), ("s", [])]:
            v1.get_variable(name, shape)
        v1.get_variable("frozen", [9], trainable=False)
        fet.print_num_params()
        fet.print_variables_by_scope()
        with fet.get_session(log_device_placement=False) as session:
            session.run(v1.global_variables_initializer())
    message("classic-variables", capsys.readouterr().out.rstrip())
    assert not is_graph_mode()


@pytest.mark.frameworks
def test_parameters_of_a_module(capsys):
    torch = pytest.importorskip("torch")
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1))
    net[1].bias.requires_grad = False
    fet.print_num_params(net)
    fet.print_variables_by_scope(net)
    assert capsys.readouterr().out.splitlines() == [
        "Number of trainable parameters: 10",
        "0                8",
        "  0.weight  2x3  6",
        "  0.bias    2    2",
        "1                2",
        "  1.weight  1x2  2",
    ]


@pytest.mark.frameworks
def test_parameters_of_a_keras_model(capsys):
    pytest.importorskip("tensorflow")
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="out")])
    fet.print_num_params(model)
    assert capsys.readouterr().out == "Number of trainable parameters: 8\n"


def test_nothing_of_tensorflow_is_imported_by_the_tools():
    text = "import sys, forge.experiment_tools; print('tensorflow' in sys.modules)"
    words = [sys.executable, "-c", text]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
