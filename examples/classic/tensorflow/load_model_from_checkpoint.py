"""Load a trained model from nothing but the folder of its run.

The config files are those that the run stored: the originals may have changed since,
or be gone.

$ export TF_CPP_MIN_LOG_LEVEL=2
$ python load_model_from_checkpoint.py checkpoints/digits/1
step 500 of a model with 64 hidden units: test accuracy 0.922
$ python load_model_from_checkpoint.py checkpoints/digits/1 200
step 200 of a model with 64 hidden units: test accuracy 0.916
$ python load_model_from_checkpoint.py checkpoints/digits/1 300
forge: error: digits/1 has no checkpoint of step 300; there are 200, 400, 500.
  Looked in checkpoints/digits/1 for model.ckpt-STEP and for checkpoints/STEP.
"""

import sys

import tensorflow.compat.v1 as tf

import forge


tf.disable_eager_execution()

folder = sys.argv[1]
step = int(sys.argv[2]) if len(sys.argv) > 2 else None

try:
    data, model, restore = forge.load_from_checkpoint(folder, step)
except forge.ForgeError as error:
    sys.exit(f"forge: error: {error}")

n_hidden = forge.Record.read(folder).config["n_hidden"]
with tf.Session() as session:
    step = restore(session)
    accuracy = session.run(model["accuracy"])
print(
    f"step {step} of a model with {n_hidden} hidden units: test accuracy {accuracy:.3f}"
)
