"""Tests of noticing the writers that users make themselves."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import forge
from forge.run.writers import note, noticing


#: As much of PyTorch as its writer needs; it cannot be installed everywhere.
TORCH = """
class SummaryWriter:
    def __init__(self, log_dir=None, comment=""):
        if log_dir == "full":
            raise OSError("no space left")
        self.log_dir = log_dir or "runs/Nov20_host" + comment
"""


IMPORT = "from torch.utils.tensorboard import SummaryWriter"

FORGE = str(Path(forge.__file__).parents[1])


def run() -> Any:
    return SimpleNamespace(info={})


@pytest.fixture(name="torch")
def _torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stand-in for PyTorch that can be imported, and is forgotten afterwards."""
    folder = tmp_path / "torch" / "utils" / "tensorboard"
    folder.mkdir(parents=True)
    (tmp_path / "torch" / "__init__.py").write_text("def manual_seed(seed): ...\n")
    (tmp_path / "torch" / "utils" / "__init__.py").touch()
    (folder / "__init__.py").write_text(TORCH)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def python(torch: Path, code: str) -> str:
    """Run code with the stand-in; imports cannot be undone in this process."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=torch,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(torch), FORGE])},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_writer_of_pytorch_is_noticed_whenever_it_was_imported(torch: Path) -> None:
    for first, second in (("", IMPORT), (IMPORT, "")):
        code = f"""
        from types import SimpleNamespace
        from forge.run.writers import noticing
        run = SimpleNamespace(info={{}})
        {first}
        with noticing(run):
            {second or "pass"}
            SummaryWriter("logs")
            SummaryWriter(comment="_a")
            SummaryWriter("logs")
        print(run.info)
        """
        assert python(torch, code).strip() == str(
            {"torch": {"logdirs": [f"{torch}/logs", f"{torch}/runs/Nov20_host_a"]}}
        )


def test_outside_of_runs_a_library_is_as_its_authors_made_it(torch: Path) -> None:
    code = f"""
    from types import SimpleNamespace
    from forge.run.writers import noticing
    {IMPORT}
    before, written = SummaryWriter.__init__, SummaryWriter
    outer, inner = SimpleNamespace(info={{}}), SimpleNamespace(info={{}})
    class Own(SummaryWriter): pass
    with noticing(outer):
        assert SummaryWriter is written
        assert SummaryWriter.__init__ is not before
        with noticing(inner):
            assert isinstance(Own("a"), SummaryWriter)
        try:
            SummaryWriter("full")
        except OSError as error:
            print(error)
        SummaryWriter("b")
    assert SummaryWriter.__init__ is before
    SummaryWriter("c")
    print(inner.info["torch"]["logdirs"], outer.info["torch"]["logdirs"])
    """
    assert python(torch, code) == (f"no space left\n['{torch}/a'] ['{torch}/b']\n")


def test_a_patch_of_somebody_else_is_left_alone(torch: Path) -> None:
    code = f"""
    from types import SimpleNamespace
    from forge.run.writers import noticing
    {IMPORT}
    with noticing(SimpleNamespace(info={{}})):
        SummaryWriter.__init__ = lambda self, log_dir: print("mine", log_dir)
    SummaryWriter("a")
    with noticing(SimpleNamespace(info={{}})):
        SummaryWriter("b")
    """
    assert python(torch, code) == "mine a\nmine b\n"


def test_a_recorded_run_lists_its_log_folders(torch: Path) -> None:
    (torch / "train.py").write_text(
        textwrap.dedent(
            f"""
            import forge
            {IMPORT}

            @forge.experiment
            def train(*, _run: forge.Run):
                _run.info["mine"] = 1
                SummaryWriter("logs")

            if __name__ == "__main__":
                train.main()
            """
        )
    )
    code = """
    import runpy, sys
    sys.argv = ["train.py", "-q", "--capture", "no"]
    runpy.run_path("train.py", run_name="__main__")
    """
    python(torch, code)
    info = json.loads((torch / "results/train/1/info.json").read_text())
    assert info == {"mine": 1, "torch": {"logdirs": [f"{torch}/logs"]}}


def test_folders_are_written_so_that_they_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = run()
    with noticing(one):
        for folder in (Path("a"), b"b", "gs://bucket/c", "/d/../e", None, 7):
            note("tensorflow", folder)
    assert one.info["tensorflow"]["logdirs"] == [
        f"{tmp_path}/a",
        f"{tmp_path}/b",
        "gs://bucket/c",
        "/e",
    ]


@pytest.mark.parametrize("own", ["mine", {"logdirs": "mine"}, {"logdirs": None}, 3])
def test_what_the_user_keeps_under_the_same_name_stays(own: Any) -> None:
    one = run()
    one.info["torch"] = own
    with noticing(one):
        note("torch", "logs")
    assert one.info == {"torch": own}


@pytest.mark.frameworks
def test_writers_of_tensorflow_1_and_2_are_noticed(tmp_path: Path) -> None:
    code = f"""
    from types import SimpleNamespace
    from forge.run.writers import noticing
    import tensorflow as tf
    before = tf.summary.create_file_writer, tf.compat.v1.summary.FileWriter.__init__
    one = SimpleNamespace(info={{}})
    with noticing(one):
        tf.summary.create_file_writer(r"{tmp_path}/two").close()
        tf.summary.create_file_writer(logdir=tf.constant(r"{tmp_path}/three")).close()
        with tf.Graph().as_default():
            tf.compat.v1.summary.FileWriter(logdir=r"{tmp_path}/one").close()
    now = tf.summary.create_file_writer, tf.compat.v1.summary.FileWriter.__init__
    assert before == now
    tf.summary.create_file_writer(r"{tmp_path}/four").close()
    print(*one.info["tensorflow"]["logdirs"])
    """
    assert python(tmp_path, code).split() == [
        f"{tmp_path}/two",
        f"{tmp_path}/three",
        f"{tmp_path}/one",
    ]
