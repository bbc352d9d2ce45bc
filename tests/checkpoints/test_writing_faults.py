"""A checkpoint whose writing is cut short, by a signal or by the disk."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


SAVE_FOR_EVER = """
import sys
from pathlib import Path
import numpy as np
from forge.checkpoints.manager import Checkpoints

saved = Checkpoints(Path(sys.argv[1]), keep_last=2)
step = saved.latest() or 0
while True:
    step += 1
    saved.save(step, {"w": np.full(200_000, step), "at": [step]})
    saved.save(step, {"w": np.full(200_000, step), "at": [step]}, again=True)
    print(step, flush=True)
"""

WITH_LIMIT = """
import resource, sys
from pathlib import Path
import numpy as np
from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError

saved = Checkpoints(Path(sys.argv[1]))
saved.save(1, {"w": np.ones(10)})
saved.save(2, {"w": np.ones(10)})
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    saved.save(3, {"w": np.ones(100_000)})
except ForgeError as e:
    print(e.code, e, sep="\\n")
"""


def test_a_process_killed_at_any_instant_leaves_a_checkpoint_that_restores(
    tmp_path: Path,
) -> None:
    chance = random.Random(7)
    saved = Checkpoints(tmp_path / "checkpoints", keep_last=2)
    for _ in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", SAVE_FOR_EVER, str(saved.folder)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            told = int(process.stdout.readline())
            time.sleep(chance.uniform(0, 0.06))
            process.send_signal(signal.SIGKILL)
            told = max([told, *map(int, process.stdout.read().split()[:-1])])
        w, at = np.zeros(200_000, int), [0]
        step = saved.restore({"w": w, "at": at}, random_states=False)
        # What a save returned for is there; the one it was in may be there too.
        assert step >= told
        assert at == [step]
        assert (w == step).all()
        assert len(saved.steps()) <= 3
    saved.save(10**6, {})
    assert not list(saved.folder.glob(".*"))


def test_a_full_disk_is_told_and_older_checkpoints_stay(
    tmp_path: Path, message: Any
) -> None:
    """A limit on the size of files fails writes the way a full disk does."""
    done = subprocess.run(
        [sys.executable, "-c", WITH_LIMIT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code, _, text = done.stdout.strip().partition("\n")
    assert code == "checkpoint-failed"
    message("checkpoint-failed", text.replace(str(tmp_path), "DIR"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0000000001", "0000000002"]
    w = np.zeros(10)
    assert Checkpoints(tmp_path).restore({"w": w}, random_states=False) == 2
    assert w.all()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, message: Any) -> None:
    (tmp_path / "checkpoints").write_text("a file")
    with pytest.raises(ForgeError) as e:
        Checkpoints(tmp_path / "checkpoints").save(1, {})
    message("checkpoint-failed-folder", str(e.value).replace(str(tmp_path), "DIR"))


def test_an_interrupt_while_saving_leaves_nothing_behind(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path)

    class Slow(np.ndarray[Any, Any]):
        """Stands for an object whose state takes long to fetch."""

        def state_dict(self) -> Any:
            raise KeyboardInterrupt

        def load_state_dict(self, state: Any) -> None:
            """Never called."""

    with pytest.raises(KeyboardInterrupt):
        saved.save(1, {"first": [1], "slow": np.zeros(1).view(Slow)})
    assert list(tmp_path.iterdir()) == []


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path)
    folder = saved.save(1, {"w": np.arange(50.0), "at": [1]}, metrics={"m": 0.5})
    chance = random.Random(3)
    for path in [p for p in sorted(folder.rglob("*")) if p.name != "manifest.json"]:
        if path.is_dir():
            continue
        whole = path.read_bytes()
        for _ in range(5):
            cut = bytearray(whole)
            cut[chance.randrange(len(cut))] ^= 1 << chance.randrange(8)
            path.write_bytes(cut)
            with pytest.raises(ForgeError) as e:
                saved.restore({"w": np.zeros(50)}, step=1)
            assert path.relative_to(folder).as_posix() in str(e.value)
        path.write_bytes(whole)
    assert saved.latest() == 1
