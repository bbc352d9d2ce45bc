"""The saved values of a classic run, put back into what was rebuilt."""

import pytest

import forge
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks

GRAPH_MODEL = """
import tensorflow.compat.v1 as tf
from forge import flags

flags.DEFINE_integer("n_hidden", 3, "How many units are hidden.")


def load(config, xs, **unused):
    w = tf.get_variable("layer/w", [len(xs), config.n_hidden])
    return {"w": w, "loss": tf.reduce_sum(w ** 2)}
"""

GRAPH_TRAIN = """
from os import path as osp
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()
import forge
import forge.experiment_tools as fet
from forge import flags

flags.DEFINE_string("data_config", "configs/data.py", "")
flags.DEFINE_string("model_config", "configs/model.py", "")
flags.DEFINE_boolean("resume", False, "")
flags.DEFINE_integer("steps", 4, "")
config = forge.config()
logdir, resume_checkpoint = fet.init_checkpoint(
    "results/train", config.data_config, config.model_config, config.resume
)
tf.reset_default_graph()
data = fet.load(config.data_config, config)
model = fet.load(config.model_config, config, **data)
global_step = tf.train.get_or_create_global_step()
train_step = tf.train.AdamOptimizer(0.1).minimize(model["loss"], global_step)
saver = tf.train.Saver()
with fet.get_session() as session:
    session.run(tf.global_variables_initializer())
    if resume_checkpoint is not None:
        saver.restore(session, resume_checkpoint)
    for step in range(session.run(global_step) + 1, config.steps + 1):
        loss, _ = session.run([model["loss"], train_step])
        forge.current_run().log(loss=loss, step=step)
        if step % 2 == 0:
            saver.save(session, osp.join(logdir, "model.ckpt"), step)
    print(resume_checkpoint, session.run(model["w"]).tolist())
"""


def last_line(done):
    return done.stdout.splitlines()[-1].split(" ", 1)


@pytest.fixture(name="graph")
def _graph(classic):
    """A run in a graph of `tf.compat.v1`, resumed once."""
    tf = pytest.importorskip("tensorflow")
    classic.write(GRAPH_MODEL, "configs/model.py")
    classic.write(GRAPH_TRAIN)
    first = last_line(classic())
    assert first[0] == "None"
    path, values = last_line(classic("--resume", "--steps=6"))
    assert path == "results/train/1/model.ckpt-4"
    (classic.folder / "configs/model.py").write_text("raise 1")
    return tf, classic, values


def restored(tf, folder, step=None, **options):
    """Load a run into a graph of its own, and return its weights as text."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        _, model, restore = forge.load_from_checkpoint(folder, step, **options)
        restore(session)
        return str(session.run(model["w"]).tolist())


def as_in_2018(classic, folder):
    """Leave what the Forge of 2018 left: flags, copies and TensorFlow's files."""
    old = classic.folder / "checkpoints/run/7"
    old.mkdir(parents=True)
    kept = [*folder.glob("model.ckpt-6*"), *(folder / "sources/configs").glob("*.py")]
    for file in (*kept, folder / "flags.json"):
        (old / file.name).write_bytes(file.read_bytes())
    return old


def test_a_graph_is_rebuilt_and_restored_into_a_session(graph):
    tf, classic, values = graph
    folder = classic.folder / "results/train/1"
    record = classic.record()
    assert record.checkpoints == (2, 4, 6)
    assert list(record.metrics["loss"].steps) == [1, 2, 3, 4, 5, 6]
    assert restored(tf, folder) == values
    assert restored(tf, folder, 2) != values
    assert restored(tf, as_in_2018(classic, folder), trust=True) == values
    with pytest.raises(ForgeError, match=r"float32\[3, 8\], saved as"):
        restored(tf, folder, override_flags={"n_hidden": 8})
    with tf.Graph().as_default():
        restore = forge.load_from_checkpoint(folder).restore
        with pytest.raises(ForgeError) as caught:
            restore()
    assert caught.value.code == "no-session"


KERAS_MODEL = """
import keras
from forge import flags

flags.DEFINE_integer("n_hidden", 3, "How many units are hidden.")


def load(config, n_in, **unused):
    layers = [keras.Input((n_in,)), keras.layers.Dense(config.n_hidden)]
    model = keras.Sequential(layers)
    return {"model": model, "optimizer": keras.optimizers.Adam(0.1)}
"""

TORCH_MODEL = """
import torch
from forge import flags

flags.DEFINE_integer("n_hidden", 3, "How many units are hidden.")


def load(config, n_in, **unused):
    return torch.nn.Linear(n_in, config.n_hidden)
"""

EAGER_TRAIN = """
from os import path as osp
import sys

import forge
import forge.experiment_tools as fet

config = forge.config(sys.argv[2:])
logdir, _ = fet.init_checkpoint("results/train", "configs/data.py", "configs/model.py")
data = fet.load("configs/data.py", config)
model = fet.load("configs/model.py", config, **data)
if sys.argv[1] == "keras":
    model["optimizer"].build(model["model"].trainable_variables)
    forge.current_run().checkpoint(step=3, **model)
    values = model["model"].get_weights()[0]
elif sys.argv[1] == "tensorflow":
    import tensorflow as tf
    tf.train.Checkpoint(**model).write(osp.join(logdir, "model.ckpt-3"))
    values = model["model"].get_weights()[0]
else:
    import torch
    torch.save(model.state_dict(), osp.join(logdir, "model.ckpt-3"))
    values = model.weight.detach().numpy()
print(values.tolist())
"""


@pytest.mark.parametrize("way", ["keras", "tensorflow", "torch"])
def test_models_without_a_graph_are_restored_without_a_session(classic, way):
    pytest.importorskip("torch" if way == "torch" else "tensorflow")
    text = TORCH_MODEL if way == "torch" else KERAS_MODEL
    classic.write(text, "configs/model.py")
    classic.write(EAGER_TRAIN)
    done = classic(way)
    (classic.folder / "configs/model.py").unlink()
    _, model, restore = forge.load_from_checkpoint(classic.folder / "results/train/1")
    assert restore() == 3
    if way == "torch":
        values = model.weight.tolist()
    else:
        values = model["model"].get_weights()[0].tolist()
    assert str(values) == done.stdout.splitlines()[-1]
