"""Projects of a user: scripts in a folder of their own, run as real processes."""

import atexit
import functools
import importlib.util
import itertools
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from zygote import Zygote

from forge.records.record import Record


#: A script with everything, and without a framework: its model is a dict of numbers.
TRAIN = """\
import forge


@forge.dataset
def toy(n=3, offset=0):
    return {"xs": [offset + i for i in range(n)], "n_in": n}


@forge.model
def mlp(n_in, n_hidden=4, *, _seed):
    return {"w": [_seed % 1000] * n_in * n_hidden, "name": "mlp"}


@forge.model
def cnn(n_in, filters=(4, 8), *, _seed):
    return {"w": [_seed % 1000] * n_in * len(filters), "name": "cnn"}


@forge.experiment
def train(dataset, model=mlp, lr=0.5, steps=4, stop_at=0, *, _run: forge.Run):
    _run.restore(model=model)
    for step, x in _run.track(dataset["xs"], stop=steps):
        model["w"][0] += 1
        _run.log(loss=1 / step, step=step)
        print("step", step, "x", x)
        if step == stop_at:
            raise ValueError(f"stopped at {step}")
        if step % 2 == 0:
            _run.checkpoint()
    return {"accuracy": 0.5, "first": model["w"][0]}


@train.preset
def tiny():
    return {"steps": 2, "model.n_hidden": 1}


@train.command
def evaluate(dataset, model, split="test"):
    \"\"\"Say how good it is.\"\"\"
    return {"split": split, "n": len(dataset["xs"]), "first": model["w"][0]}


if __name__ == "__main__":
    train.main()
"""

_numbers = itertools.count()


@functools.cache
def _zygote() -> Zygote:
    """What scripts are started from; it ends with the process of the tests."""
    made = Zygote()
    atexit.register(made.close)
    return made


class Project:
    """A folder of a user's, with scripts that are run in it.

    Args:
        folder: The folder; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._modules: list[str] = []
        self._before = {*sys.modules}
        self._path = [*sys.path]

    def write(self, text: str = TRAIN, name: str = "train.py") -> Path:
        """Write a file whose text may be indented, and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        # As old as scripts are: one that changed since the process began is noted.
        before = time.time() - 86_400
        os.utime(path, (before, before))
        return path

    def words(
        self, *words: str, script: str = "train.py", module: str = ""
    ) -> list[str]:
        """The words that start a script, or a module instead."""
        what = ["-m", module] if module else [str(self.folder / script)]
        return [sys.executable, *what, *map(str, words)]

    def __call__(
        self,
        *words: str,
        script: str = "train.py",
        module: str = "",
        expect: int | None = 0,
        fresh: bool = False,
        **env: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script to its end, and check its exit status.

        Args:
            *words: Its words.
            script: Its file.
            module: What is run instead of a file, in an interpreter of its own.
            expect: The exit status that is right; None for any.
            fresh: Whether an interpreter is started for it, where it matters what is
                imported; else it begins with Forge's modules.
            **env: Further variables.
        """
        fresh = fresh or bool(module)
        assert fresh or not any(name.startswith("PYTHON") for name in env)
        interpreter, *given = self.words(*words, script=script, module=module)
        if fresh:
            done = subprocess.run(
                [interpreter, *given],
                capture_output=True,
                text=True,
                check=False,
                cwd=self.folder,
                env={**os.environ, **env},
                timeout=120,
            )
        else:
            done = _zygote().run(given, self.folder, env, seconds=120)
        if expect is not None:
            assert done.returncode == expect, done.stdout + done.stderr
        return done

    def start(self, *words: str, script: str = "train.py") -> subprocess.Popen[str]:
        """Start a script and leave it running."""
        return subprocess.Popen(
            self.words(*words, script=script),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )

    def record(self, reference: str = "train/1") -> Record:
        """Read what a run left behind."""
        return Record.read(self.folder / "results" / reference)

    def runs(self, name: str = "train") -> list[str]:
        """The folders of an experiment's runs."""
        folder = self.folder / "results" / name
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []

    def load(self, text: str = TRAIN, name: str = "train.py") -> ModuleType:
        """Write a file and import it under a name that no other has."""
        path = self.write(text, name)
        module_name = f"{path.stem}_{next(_numbers)}"
        spec = importlib.util.spec_from_file_location(module_name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        spec.loader.exec_module(module)
        return module

    def close(self) -> None:
        """Forget the modules that came from the folder, and the way to them."""
        # Components of files make their folders importable for good.
        sys.path[:] = self._path
        for name in {*sys.modules} - self._before:
            file = str(getattr(sys.modules[name], "__file__", None) or "")
            if file.startswith(str(self.folder)):
                del sys.modules[name]


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> bool:
    """Wait until something is so, and say whether it became so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False
