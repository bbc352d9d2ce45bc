"""Load a trained model from nothing but the folder of its run.

$ python load_model_from_checkpoint.py checkpoints/digits/1
step 500: test accuracy 0.903
$ python load_model_from_checkpoint.py checkpoints/digits/1 200
step 200: test accuracy 0.872
$ python load_model_from_checkpoint.py checkpoints/digits/1 300
forge: error: digits/1 has no checkpoint of step 300; there are 200, 400, 500.
  Looked in checkpoints/digits/1 for model.ckpt-STEP and for checkpoints/STEP.
"""

import sys

import torch

import forge


folder = sys.argv[1]
step = int(sys.argv[2]) if len(sys.argv) > 2 else None

try:
    data, model, restore = forge.load_from_checkpoint(folder, step)
except forge.ForgeError as error:
    sys.exit(f"forge: error: {error}")
step = restore()  # into the module and the optimizer

images, labels = data["test"]
with torch.no_grad():
    accuracy = (model["model"](images).argmax(1) == labels).float().mean().item()
print(f"step {step}: test accuracy {accuracy:.3f}")
