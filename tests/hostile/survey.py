"""A program that lets every reader loose on every damaged run folder."""

import json
import os
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from hostile.damages import over
from hostile.folders import CASES
from hostile.readers import READERS


#: What the genuine run is made of.
SCRIPT = """\
import numpy as np

import forge


@forge.dataset
def toy(n=3):
    return {"xs": list(range(n)), "n_in": n}


@forge.model
def mlp(n_in, *, _seed):
    return {"w": np.zeros(n_in), "names": ("a", b"b", {1})}


@forge.experiment
def train(dataset, model=mlp, lr=0.5, *, _run: forge.Run):
    _run.restore(model=model)
    for step, x in _run.track(dataset["xs"], stop=3):
        _run.log(loss=1 / step, step=step)
    _run.info["when"] = {1, 2}
    _run.artifact({"cat": 3}, "counts.json")
    _run.resource("train.py")
    _run.tag("example")
    print("done")
    return {"accuracy": 0.5, "pair": (1, 2)}


@train.command
def evaluate(dataset, model):
    return len(dataset["xs"])


if __name__ == "__main__":
    train.main()
"""

#: Events that no reader may cause.
FORBIDDEN = (
    "pickle.find_class",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "socket.connect",
)
#: Events that no reader may cause in the folder that it reads: the index of runs is
#: kept elsewhere.
WRITING = (
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.truncate",
    "os.utime",
    "shutil.rmtree",
    "sqlite3.connect",
)


class Watch:
    """Notes what a reader does that it must not.

    Args:
        place: The folder that holds the hostile runs.
    """

    def __init__(self, place: Path) -> None:
        self.on = False
        self.seen: list[str] = []
        #: Whether code of the run folder may run: somebody vouched for it.
        self.vouched = False
        self._place = str(place)
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Judge one event."""
        if not self.on:
            return
        inside = any(str(arg).startswith(self._place) for arg in args)
        if event in FORBIDDEN or (event in WRITING and inside):
            self.seen.append(f"{event} {args[:2]!r}")
        elif event == "open" and isinstance(args[2], int):
            writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writes and str(args[0]).startswith(self._place):
                self.seen.append(f"writes {args[0]}")
        elif event == "exec" and not self.vouched:
            file = getattr(args[0], "co_filename", "")
            if str(file).startswith(self._place):
                self.seen.append(f"executes {file}")


class Hang(BaseException):
    """A reader took longer than any reader does."""


def _ring(number: int, frame: FrameType | None) -> None:
    """End a reader that does not end, and say where it is."""
    raise Hang("".join(traceback.format_stack(frame, limit=6)))


def _outcome(read: Callable[[Path], None], folder: Path) -> tuple[str, str]:
    """Say how a reader ended: fine, with an error for users, or worse."""
    from forge.errors import ForgeError

    try:
        read(folder)
    except ForgeError as error:
        return error.code, str(error)
    except (Exception, Hang) as error:  # noqa: BLE001 - that is what is looked for
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        place = " < ".join(f"{f.filename}:{f.lineno}" for f in reversed(frames))
        return "CRASH", f"{type(error).__name__}: {str(error)[:600]} at {place}"
    return "fine", ""


def survey(genuine: Path, place: Path, wanted: str = "") -> Iterator[dict[str, Any]]:
    """Let every reader loose on every case.

    Args:
        genuine: A run folder that nobody has touched.
        place: An empty folder.
        wanted: A part of the names of the cases; all by default.

    Returns:
        What came of each.
    """
    watch = Watch(place)
    signal.signal(signal.SIGALRM, _ring)
    for case, damage in CASES.items():
        if wanted not in case:
            continue
        folder = place / "results/train/1"
        shutil.copytree(genuine, folder, symlinks=True)
        damage(folder)
        for name, read in READERS.items():
            watch.seen, watch.vouched = [], name == "rebuild"
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            signal.alarm(60)
            watch.on = True
            code, text = _outcome(read, folder)
            watch.on = False
            signal.alarm(0)
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if getattr(sys, "hostile_ran", False):
                watch.seen.append("the evil code ran")
                del sys.hostile_ran  # type: ignore[attr-defined]
            yield {
                "case": case,
                "reader": name,
                "code": code,
                "text": text,
                "seen": watch.seen,
                "grew": (after - before) >> 10,
            }
        shutil.rmtree(place / "results")
        over(place / "elsewhere")


def main() -> None:
    """Print what every reader makes of every case."""
    genuine, place = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    import numpy as np  # noqa: F401 - its threads are none of the readers'
    from safetensors import deserialize  # noqa: F401

    # What is allocated beyond all bounds is refused, and seen as a crash.
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + (1 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for found in survey(genuine, place, *sys.argv[3:]):
        print(json.dumps(found))


if __name__ == "__main__":
    main()
