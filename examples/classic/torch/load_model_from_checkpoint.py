"""Load a trained model from nothing but the folder of its run.

$ python load_model_from_checkpoint.py checkpoints/digits/1
step 500: test accuracy 0.903
$ python load_model_from_checkpoint.py checkpoints/digits/1 200
step 200: test accuracy 0.872
"""

import sys

import torch

import forge


folder = sys.argv[1]
step = int(sys.argv[2]) if len(sys.argv) > 2 else None

data, model, restore = forge.load_from_checkpoint(folder, step)
step = restore()  # into the module and the optimizer

images, labels = data["test"]
with torch.no_grad():
    accuracy = (model["model"](images).argmax(1) == labels).float().mean().item()
print(f"step {step}: test accuracy {accuracy:.3f}")
