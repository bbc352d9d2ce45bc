"""Scripts that never come to an end by themselves, and what is left of them."""

import json
import mmap
import os
import struct
import time
from pathlib import Path
from typing import Any

from forge.experiments.experiment import Experiment
from forge.observers.additions import sha256_file
from forge.records.layout import RunLayout
from forge.records.record import Record


_HEAD = """\
import itertools, mmap, os, struct, sys

import forge
from forge.run import probing


def counters():
    \"\"\"Numbers that are seen outside at once, and outlive this process.\"\"\"
    return mmap.mmap(os.open(os.environ["COUNTERS"], os.O_RDWR), 16)

"""

_TAIL = """

if __name__ == "__main__":
    train.main()
"""

#: Logs and prints without end; counts what has returned.
LOGGING = f"""{_HEAD}
@forge.experiment
def train(keys=1, *, _run: forge.Run):
    seen = counters()
    for step in itertools.count(1):
        _run.log({{f"loss/{{i}}": step for i in range(keys)}}, step=step)
        seen[:8] = struct.pack("=q", step)
        if step % 3 == 0:
            print("step", step)
            seen[8:] = struct.pack("=q", step)
{_TAIL}"""

#: Replaces every file that is replaced, without end; counts what has returned.
REPLACING = f"""{_HEAD}
probing.INTERVAL = 0.001


@forge.experiment
def train(*, _run: forge.Run):
    seen = counters()
    for step in itertools.count(1):
        _run.log(loss=step, step=step)
        _run.info["step"] = step
        _run.info["text"] = "x" * (step * 997 % 20_000)
        _run.artifact({{"step": step, "text": "y" * (step * 991 % 20_000)}}, "a.json")
        _run.artifact(__file__, "copy.py")
        _run.resource(__file__)
        _run.tag(f"tag {{step % 10}}")
        if step % 5 == 0:
            _run.remark(f"step {{step}}")
        seen[:8] = struct.pack("=q", step)
{_TAIL}"""

#: Says that its body was reached, under which number, and ends.
STARTING = f"""{_HEAD}
@forge.experiment
def train(*, _run: forge.Run):
    claims = os.open(os.environ["CLAIMS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(claims, f"{{_run.number}}\\n".encode())
{_TAIL}"""


class Counters:
    """Numbers that a script counts up, seen from outside.

    Args:
        path: The file that holds them; made anew.
    """

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(16))
        self.path = path
        fd = os.open(path, os.O_RDWR)
        self._memory = mmap.mmap(fd, 16)
        os.close(fd)

    def read(self) -> tuple[int, int]:
        """Read both numbers."""
        first, second = struct.unpack("=qq", self._memory[:])
        return first, second

    def wait(self, child: Any) -> None:
        """Wait until the first one counts."""
        end = time.monotonic() + 60
        while not self.read()[0] and time.monotonic() < end:
            assert not child.has_ended()
            time.sleep(0.001)
        assert self.read()[0]


def begun(folder: Path) -> bool:
    """Tell whether a run has begun."""
    return RunLayout(folder).run.exists()


def inspect(folder: Path, *, full: bool = False) -> Record:
    """Read everything in a run folder; nothing of it may be torn but a last line.

    Args:
        folder: The run folder.
        full: Whether its disk was full. Lines of metrics that went in only in part are
            there once more then, and there may be no signature.
    """
    record = Record.read(folder)
    layout = record.layout
    files = [path for path in folder.rglob("*.json") if ".tmp-" not in path.name]
    parsed = {path: json.loads(path.read_bytes()) for path in files}
    assert {layout.run, layout.flags, layout.manifest} <= {*parsed}
    assert layout.trust in parsed or full
    for name, digest in parsed[layout.manifest]["files"].items():
        assert sha256_file(layout.sources / name) == digest
    assert record.config["seed"] == parsed[layout.flags]["seed"]
    for name, metric in record.summary.items():
        assert metric.n <= len(record.metrics[name])
    lines = layout.metrics.read_bytes().split(b"\n")
    torn = [line for line in lines if line and not is_json(line)]
    assert full or torn in ([], [lines[-1]])
    assert record.metrics.bad_lines == len(torn)
    return record


def is_json(line: bytes) -> bool:
    """Tell whether a line is whole."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def load(folder: Path) -> Any:
    """Rebuild a run's experiment from its folder."""
    return Experiment.load(folder)
