"""Checkpoints killed, starved of space and damaged: what was saved before loads."""

import re
import signal
from pathlib import Path

import numpy as np
import pytest
from faults.scripts import Counters

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


#: Values of each array; the saving of some takes longer than that of all names.
SIZE = 60_000

#: Saves without end. With KILL_AT it kills itself at that access to the file system,
#: counted from its third checkpoint on: the two before it have something to prune.
SAVING = f"""
import itertools, mmap, os, signal, struct, sys
from pathlib import Path
import numpy as np
from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError

seen = mmap.mmap(os.open(os.environ["COUNTERS"], os.O_RDWR), 16)
folder, background = Path(os.environ["SAVED"]), bool(os.environ.get("BACKGROUND"))
saved = Checkpoints(folder, keep_last=2)
first = (saved.latest() or 0) + 1
left = int(os.environ.get("KILL_AT", 0))

def watch(event, args):
    global left
    # What only looks changes nothing; modules may be imported at any time.
    if event.split(".")[0] not in ("open", "os", "shutil") or event == "os.listdir":
        return
    if str(folder) in str(args[:2]) and step >= first + 2 and left:
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

if left:
    sys.addaudithook(watch)

def done(path):
    seen[:8] = struct.pack("=q", int(path.name))

for step in itertools.count(first):
    if step == first + 3 and "KILL_AT" in os.environ:
        sys.exit(3)
    more = {{"v": np.full(10, step)}}
    objects = {{"w": np.full({SIZE}, step), "more": more, "at": [step]}}
    try:
        saved.save(step, objects, background=background, saved=done)
    except ForgeError as e:
        Path(os.environ["SAID"]).write_text(f"{{e.code}} {{e}}")
        sys.exit(4)
    seen[8:] = struct.pack("=q", step)
"""


def start(zygote, folder: Path, counters: Counters, **env: str):
    script = folder / "saving.py"
    if not script.exists():
        script.write_text(SAVING)
    env |= {"COUNTERS": str(counters.path), "SAVED": str(folder / "checkpoints")}
    return zygote.start(script, **env)


def loads(folder: Path, told: int) -> int:
    """The newest complete checkpoint loads, and is none that was there before it."""
    w, more, at = np.zeros(SIZE, int), {"v": np.zeros(10, int)}, [0]
    saved = Checkpoints(folder / "checkpoints", keep_last=2)
    step = saved.restore({"w": w, "more": more, "at": at}, random_states=False)
    assert step >= told
    assert at == [step]
    assert (w == step).all()
    assert (more["v"] == step).all()
    # One that was to be pruned may be there still.
    assert 1 <= len(saved.steps()) <= 3
    for path in saved.folder.iterdir():
        assert re.fullmatch(r"\d{10}|\.(tmp|del)-.*", path.name)
    return step


@pytest.mark.parametrize("background", ["", "1"], ids=["in turn", "background"])
def test_killed_at_any_instant(memory, zygote, count, chance, background):
    for _ in range(count(200) // 2):
        counters = Counters(memory / "counters")
        child = start(zygote, memory, counters, BACKGROUND=background)
        counters.wait(child)
        assert child.kill_after(chance.uniform(0, 0.02)) == -signal.SIGKILL
        loads(memory, counters.read()[0])
    saved = Checkpoints(memory / "checkpoints")
    saved.save(10**9, {})
    assert not list(saved.folder.glob(".*"))


def test_killed_at_each_access_to_the_file_system(memory, zygote, count):
    """Writing, syncing, renaming and pruning: between any two of their acts."""
    at, stride = 1, 200 // count(200)
    killed = 0
    while True:
        counters = Counters(memory / "counters")
        status = start(zygote, memory, counters, KILL_AT=str(at)).wait()
        loads(memory, counters.read()[0])
        if status == 3:
            break
        assert status == -signal.SIGKILL
        killed += 1
        at += stride
    # As many acts as there are between two checkpoints, or a tenth.
    assert killed >= 30 // stride


def test_a_full_disk_leaves_what_was_saved(tmp_path, mounted, message):
    disks, zygote = mounted("1200k")
    inside, outside = disks.inside("1200k"), disks.outside("1200k")
    counters = Counters(tmp_path / "counters")
    (tmp_path / "saving.py").write_text(SAVING)
    said = tmp_path / "said.txt"
    env = {"COUNTERS": str(counters.path), "SAVED": str(inside / "checkpoints")}
    child = zygote.start(tmp_path / "saving.py", SAID=str(said), **env)
    assert child.wait() == 4
    here = str(inside.relative_to(tmp_path))
    message("checkpoint-failed-disk", said.read_text().replace(here, "DIR"))
    assert loads(outside, counters.read()[0]) == 2
    assert not list((outside / "checkpoints").glob(".*"))


def test_one_flipped_bit_in_any_file_is_found_and_named(tmp_path, chance):
    saved = Checkpoints(tmp_path / "checkpoints")
    objects = {"w": np.arange(5000.0), "more": {"v": np.zeros(3)}, "at": [1]}
    saved.save(1, objects)
    folder = saved.save(2, objects, metrics={"loss": 0.5})
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    assert len(files) == 8
    for path in files:
        whole = path.read_bytes()
        for _ in range(10):
            cut = bytearray(whole)
            cut[chance.randrange(len(cut))] ^= 1 << chance.randrange(8)
            path.write_bytes(cut)
            with pytest.raises(ForgeError) as found:
                saved.restore({"w": np.zeros(5000)}, step=2)
            assert path.relative_to(folder).as_posix() in str(found.value)
            assert saved.latest() == 1
        path.write_bytes(whole)
    assert saved.latest() == 2
