"""The figures of checkpoints: rows of the table, measured by `saving.py`."""

import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from harness import Command, Figure, once


HERE = Path(__file__).parent

#: Megabytes that are saved and restored.
SIZES = (100, 1000)

#: Up to where each row is good.
REACH = {
    "save / save_file + fsync + sha256": 1.3,
    "restore / read into arrays + sha256": 1.3,
    "stall in the background / host copy": 1.2,
    "save / torch.save + fsync": 0.5,
    "save / keras.save_weights + fsync": 0.5,
    "save / tf.train.Checkpoint.write + fsync": 0.5,
    "restore / keras.load_weights": 0.3,
    "restore / tf.train.Checkpoint.read": 0.3,
    "memory while saving, beside the state": 64.0,
}
#: What each part needs to be there.
PARTS = {"plain": "numpy", "torch": "torch", "keras": "tensorflow"}


def checkpoints(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare saving and restoring with its parts and with the frameworks' own."""
    answer = folder / "saving.json"
    for size in SIZES:
        for part, needed in PARTS.items():
            if find_spec(needed) is None:
                print(f"  {needed} is not installed: its checkpoints are not compared")
                continue
            words = (part, str(size), str(folder), str(answer), str(min(rounds, 5)))
            once(Command((sys.executable, str(HERE / "saving.py"), *words), folder))
            found = json.loads(answer.read_text(encoding="utf-8"))
            for what, (measured, floor) in found.items():
                unit = "MB" if what.startswith("memory") else "x"
                name = f"{what} ({size} MB)"
                yield Figure(name, measured, REACH[what], unit, floor)
