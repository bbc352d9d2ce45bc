"""The output of runs, byte for byte what `tee` saw of them, however they end."""

import os
import random
import subprocess

import pytest


SCRIPT = """\
import ctypes, os, random, signal, subprocess, sys, threading

import forge

libc = ctypes.CDLL(None)
chance = random.Random()


def text(most=60):
    letters = "abc ÄöÜß€😀\\t\\r\\x1b[31m"
    return "".join(chance.choices(letters, k=chance.randrange(most)))


def lines():
    for i in range(chance.randrange(50)):
        print("line", i, text())


def errors():
    print(text(), file=sys.stderr)
    sys.stderr.write(text())


def unfinished():
    sys.stdout.write(text())


def progress():
    for i in range(20):
        sys.stdout.write(f"\\r{i * 5} %")
        sys.stdout.flush()
    print()


def bytes_():
    sys.stdout.flush()
    os.write(chance.choice([1, 2]), chance.randbytes(chance.randrange(3000)))


def burst():
    print("x" * chance.randrange(300_000))


def child():
    sys.stdout.flush()
    program = "import os; os.write(1, b'child\\\\n'); os.write(2, b'errors\\\\n')"
    subprocess.run([sys.executable, "-S", "-c", program], check=True)


def shell():
    sys.stdout.flush()
    os.system("echo shell; echo errors >&2; printf 'no end'")


def c_code():
    libc.printf(b"from C %d\\\\n", 3)


def thread():
    one = threading.Thread(target=lines)
    one.start()
    one.join()


def late():
    sys.stdout.flush()
    subprocess.Popen(["/bin/sh", "-c", "sleep 0.1; echo late; echo later >&2"])


ACTS = [lines, errors, unfinished, progress, bytes_, burst, child, shell, c_code]
ENDS = {
    "return": lambda: None,
    "raise": lambda: 1 / 0,
    "deep": lambda: deep(300),
    "exit text": lambda: sys.exit("no more " + text()),
    "exit 3": lambda: sys.exit(3),
    "os._exit": lambda: os._exit(4),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "interrupt": lambda: signal.raise_signal(signal.SIGINT),
    "terminate": lambda: os.kill(os.getpid(), signal.SIGTERM),
}


def deep(n):
    return deep(n - 1) if n else text(1 / 0)


@forge.experiment
def train(end, *, _run: forge.Run):
    chance.seed(_run.seed)
    for act in chance.choices([*ACTS, thread, late], k=chance.randrange(12)):
        act()
        if chance.random() < 0.5:
            _run.log(loss=1.0)
    ENDS[end]()
    _run.log(loss=2.0)


if __name__ == "__main__":
    train.main()
"""

ENDS = {
    "return": 0,
    "raise": 1,
    "deep": 1,
    "exit text": 1,
    "exit 3": 3,
    "os._exit": 4,
    "kill": -9,
    "segfault": -11,
    "interrupt": 130,
    "terminate": 143,
}


class Tee:
    """A `tee`, and what it saw.

    Args:
        path: The file it writes.
    """

    def __init__(self, path):
        self._path = path
        read, self.fd = os.pipe()
        self._process = subprocess.Popen(
            ["tee", str(path)], stdin=read, stdout=subprocess.DEVNULL
        )
        os.close(read)

    def seen(self):
        """Wait until nobody can write any more; return what was written."""
        os.close(self.fd)
        assert self._process.wait(60) == 0
        return self._path.read_bytes()


@pytest.fixture
def script(memory):
    path = memory / "train.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def start(script, zygote):
    """Start a run, its output and errors on two descriptors."""

    def begin(end, output, errors):
        words = ["with", f"end={end}", f"seed={random.randrange(1 << 30)}"]
        return zygote.start(script, *words, output=(output, errors))

    return begin


def test_the_output_is_what_tee_saw(script, start, count, tmp_path):
    for number in range(1, count(100) + 1):
        end = list(ENDS)[number % len(ENDS)]
        tee = Tee(tmp_path / "seen")
        assert start(end, tee.fd, tee.fd).wait() == ENDS[end]
        seen = tee.seen()
        folder = script.parent / f"results/train/{number}"
        assert (folder / "output.txt").read_bytes() == seen, (folder, end)
        assert seen


def test_of_two_streams_nothing_is_missing(script, start, count, tmp_path):
    for number in range(1, count(100) // 5 + 1):
        end = list(ENDS)[number % len(ENDS)]
        tees = Tee(tmp_path / "output"), Tee(tmp_path / "errors")
        child = start(end, tees[0].fd, tees[1].fd)
        assert child.wait() == ENDS[end]
        output, errors = (tee.seen() for tee in tees)
        kept = (script.parent / f"results/train/{number}/output.txt").read_bytes()
        assert sorted(kept) == sorted(output + errors)
