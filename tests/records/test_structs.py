"""Structs that are read for the first time, by many threads at once."""

import subprocess
import sys


AT_ONCE = """\
import sys, threading

from forge.checkpoints.manifest import Manifest, decode, encode
from forge.records import runfile, summary

sys.setswitchinterval(1e-6)
facts = {"uid": "u", "name": "train", "number": 1, "status": "RUNNING"}
data = encode(Manifest(1, 1, "", {}, {}, {}))
numbers = dict.fromkeys(("last", "min", "max", "mean"), 1.0)
numbers |= dict.fromkeys(("step", "min_step", "max_step", "n"), 1)
for read in (
    lambda: runfile._convert(facts),
    lambda: decode(data),
    lambda: summary._summary(numbers),
):
    barrier = threading.Barrier(8)
    threads = [
        threading.Thread(target=lambda: (barrier.wait(), print(type(read()).__name__)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_a_kind_is_read_first_by_many_threads() -> None:
    """Else the process ends with a segmentation fault, most of the time."""
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in ("RunFile", "Manifest", "MetricSummary"):
        assert done.stdout.count(name) == 8


FORKED = """\
import os

import msgspec
from forge.records import structs


class Point(msgspec.Struct):
    x: int


# As if another thread had it.
with structs._guard:
    child = os.fork()
    if child == 0:
        os._exit(structs.prepared(Point) is not Point)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_does_not_wait_for_a_thread_that_it_lacks() -> None:
    subprocess.run([sys.executable, "-c", FORKED], check=True, timeout=60)
