"""The examples do, as real processes, what they say they do."""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import forge
from forge.records.status import Status


ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

#: What is different each time: figures, durations, commits, TensorFlow's remarks.
UNSTEADY = (
    (re.compile(r"^\S+/\d+  step .*\n", re.MULTILINE), ""),
    (
        re.compile(
            r"^(WARNING: All log|I0000 |To enable the following).*\n", re.MULTILINE
        ),
        "",
    ),
    (re.compile(r"\b\d+(\.\d+)? (ms|s|min)\b( \d+ (s|min)\b)?"), "TIME"),
    (re.compile(r"at step \d+"), "at step STEP"),
    (re.compile(r'"time":[\d.e-]+'), '"time":TIME'),
    (re.compile(r'"loss":[\d.e-]+'), '"loss":LOSS'),
    (re.compile(r"(?<=accuracy )[\d.]+|(?<=(?:result|steps:) )0\.\d+"), "SHARE"),
    (re.compile(r"(?<=teacher )[\d.]+|(?<=student )[\d.]+"), "SHARE"),
)


def environment() -> dict[str, str]:
    """The caller's, with the Forge under test and without terminals' habits."""
    home = str(Path(forge.__file__).parents[1])
    own = {"FORGE_RESULTS_DIR", "FORGE_RUN_DIR", "FORGE_TRUST"}
    kept = {k: v for k, v in os.environ.items() if k not in own}
    return kept | {"PYTHONPATH": home, "NO_COLOR": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}


def steady(text: str) -> str:
    for pattern, word in UNSTEADY:
        text = pattern.sub(word, text)
    return text.rstrip()


def sessions(script: Path) -> list[tuple[str, str]]:
    """Each command that the docstring shows, with the output it shows for it."""
    doc = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    doc = doc.replace("\\\n", "")
    found = []
    for block in re.findall(r"^\$ .*?(?=^\$ |^\s*$|\Z)", doc, re.DOTALL | re.MULTILINE):
        command, _, output = block.partition("\n")
        found.append((command.removeprefix("$ "), output))
    return found


def shell(line: str, folder: Path) -> str:
    python = f'python() {{ "{sys.executable}" "$@"; }}; '
    done = subprocess.run(
        ["bash", "-c", python + line],
        cwd=folder,
        env=environment(),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    return done.stdout


def python(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def in_python(folder: Path, code: str) -> str:
    return python(folder, "-c", textwrap.dedent(code)).strip()


def played(name: str, folder: Path) -> list[tuple[str, str, str]]:
    """Run the session of an example's docstring: command, shown, written."""
    shutil.copy(EXAMPLES / name, folder)
    return [
        (line, shown, shell(line, folder)) for line, shown in sessions(folder / name)
    ]


@pytest.fixture(scope="module", params=["tensorflow", "torch"])
def classic(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, list]]:
    """Both examples of config files by path: trained, and loaded without them."""
    pytest.importorskip(request.param)
    folder = tmp_path_factory.mktemp("classic") / request.param
    shutil.copytree(EXAMPLES / "classic" / request.param, folder)
    session = []
    for name in ("train.py", "load_model_from_checkpoint.py"):
        shown = sessions(folder / name)
        session += [(line, told, shell(line, folder)) for line, told in shown]
        shutil.rmtree(folder / "configs", ignore_errors=True)
    yield folder, session
    shutil.rmtree(folder)


def check(session: list[tuple[str, str, str]]) -> None:
    assert session
    for line, shown, written in session:
        assert (line, steady(written)) == (line, steady(shown))


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list]]:
    """The tour, taken once: its folder and its session."""
    folder = tmp_path_factory.mktemp("digits")
    yield folder, played("01_digits.py", folder)
    shutil.rmtree(folder)


def test_hello_needs_no_framework(tmp_path):
    check(played("02_hello.py", tmp_path))
    assert (tmp_path / "results/hello/1/sources/02_hello.py").exists()


def test_an_observer_of_a_user_hears_of_the_run(tmp_path):
    check(played("observer.py", tmp_path))


@pytest.mark.frameworks
def test_the_tour_prints_what_it_says(digits):
    _, session = digits
    check(session)


@pytest.mark.frameworks
def test_both_models_of_the_tour_learn_the_digits(digits):
    folder, _ = digits
    runs = [forge.Record.read(folder / "results/train" / n) for n in ("1", "2")]
    assert [run.config["model"] for run in runs] == ["mlp", "cnn"]
    for run in runs:
        assert run.status is Status.COMPLETED
        assert run.result["accuracy"] > 0.95


def doctested(name: str, folder: Path) -> None:
    """What an example shows of Python is what Python shows."""
    code = f"""
        import ast, doctest
        doc = ast.get_docstring(ast.parse(open({name!r}).read()))
        test = doctest.DocTestParser().get_doctest(doc, {{}}, "tour", None, 0)
        runner = doctest.DocTestRunner()
        runner.run(test)
        print(runner.summarize(verbose=False))
    """
    results = in_python(folder, code)
    assert re.search(r"TestResults\(failed=0, attempted=[1-9]", results), results


@pytest.mark.frameworks
def test_the_tour_in_python_shows_what_it_says(digits):
    folder, _ = digits
    doctested("01_digits.py", folder)


@pytest.mark.frameworks
@pytest.mark.parametrize("name", ["04_pytorch.py", "05_jax.py", "06_sklearn.py"])
def test_each_framework_trains_resumes_and_loads(tmp_path, name):
    """What is half as long and resumed is compared with the whole in its session."""
    check(played(name, tmp_path))
    record = forge.Record.read(tmp_path / "results/train/1")
    assert record.result["accuracy"] > 0.9
    doctested(name, tmp_path)


@pytest.mark.frameworks
def test_looking_at_the_config_imports_no_framework(tmp_path):
    shutil.copy(EXAMPLES / "01_digits.py", tmp_path)
    code = """
        import runpy, sys
        sys.argv = ["01_digits.py", "print_config"]
        runpy.run_path("01_digits.py", run_name="__main__")
        print(sorted({"keras", "tensorflow", "sklearn", "numpy"} & {*sys.modules}))
    """
    assert in_python(tmp_path, code).endswith("\n[]")


@pytest.mark.frameworks
def test_the_student_learns_more_from_the_teacher_than_from_few_labels(tmp_path):
    check(played("03_teacher_student.py", tmp_path))
    taught, alone = (
        forge.Record.read(tmp_path / "results/distill" / n).result for n in ("1", "2")
    )
    assert taught["student"] > 0.88
    assert taught["student"] > alone["student"] + 0.01
    assert taught["teacher"] == pytest.approx(alone["teacher"], abs=0.01)


@pytest.mark.frameworks
def test_config_files_by_path_print_what_they_say(classic):
    _, session = classic
    check(session)


@pytest.mark.frameworks
def test_config_files_by_path_learn_the_digits(classic):
    folder, _ = classic
    run = forge.Record.read(folder / "checkpoints/digits/1")
    assert run.status is Status.COMPLETED
    assert run.metrics["accuracy"].values[-1] > 0.85
    assert run.checkpoints == (200, 400, 500)


@pytest.mark.frameworks
def test_a_notebook_has_a_model_of_config_files_by_path(classic):
    folder, _ = classic
    shown = noted(folder / "model_in_notebook.ipynb", folder)
    run = forge.Record.read(folder / "checkpoints/digits/1")
    assert f"test accuracy {run.metrics['accuracy'].values[-1]:.3f}" in shown
    assert "((200, 400, 500), 64, 500)" in shown


def noted(path: Path, folder: Path) -> str:
    """Run a notebook in a folder; return what it shows."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment())
    return "\n".join(
        str(output.get("text") or output.get("data", {}).get("text/plain"))
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )


@pytest.mark.frameworks
def test_a_run_is_built_on_another_one(tmp_path):
    check(played("07_finetune_from_run.py", tmp_path))
    alone, tuned = (
        forge.Record.read(tmp_path / "results/train" / n) for n in ("2", "3")
    )
    assert tuned.result["accuracy"] > alone.result["accuracy"] + 0.1
    assert [session.level for session in tuned.run.sessions] == [None, "exact"]
    assert tuned.run.lineage["base"].step == 300
    (tmp_path / "07_finetune_from_run.py").rename(tmp_path / "shown.txt")
    doctested("shown.txt", tmp_path)


@pytest.mark.frameworks
def test_the_notebook_runs(digits):
    folder, _ = digits
    text = noted(EXAMPLES / "load_in_notebook.ipynb", folder)
    recorded = forge.Record.read(folder / "results/train/1").result["accuracy"]
    assert f"accuracy {recorded}" in text
    assert f"2000 {recorded}" in text
    assert "<forge.Experiment train/1, step 2000>" in text


@pytest.mark.parametrize(
    "path", [*EXAMPLES.rglob("*.ipynb")], ids=lambda path: path.stem
)
def test_notebooks_are_stored_without_output(path):
    import json

    for cell in json.loads(path.read_text())["cells"]:
        assert not cell.get("outputs")
        assert not cell.get("execution_count")


def killed_half_way(folder: Path) -> int:
    """Train a cnn as it comes, and kill it after its third checkpoint; steps logged."""
    words = ["01_digits.py", "with", "model=cnn", "save_every=100"]
    training = subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    saved = folder / "results/train/1/checkpoints/0000000300/manifest.json"
    deadline = time.monotonic() + 240
    while not saved.exists():
        assert training.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.02)
    training.kill()
    assert training.wait() == -signal.SIGKILL
    lines = (folder / "results/train/1/metrics.jsonl").read_bytes().splitlines()
    return len(lines)


@pytest.mark.frameworks
def test_a_killed_run_goes_on_and_loads_without_its_script(tmp_path):
    """The promise of it all: pointing at a run is enough, whatever happened to it."""
    project = tmp_path / "my project"
    project.mkdir()
    shutil.copy(EXAMPLES / "01_digits.py", project)
    logged = killed_half_way(project)
    run = project / "results/train/1"
    dead = forge.Record.read(run)
    assert dead.status is Status.DEAD
    assert dead.checkpoints
    assert max(dead.checkpoints) <= logged < 2000
    assert len(dead.metrics["loss"]) == logged

    python(project, "01_digits.py", "--resume")
    record = forge.Record.read(run)
    assert record.status is Status.COMPLETED
    assert record.metrics["loss"].steps == tuple(range(1, 2001))
    assert [session.resumed for session in record.run.sessions] == [
        None,
        max(dead.checkpoints),
    ]
    accuracy = record.result["accuracy"]
    assert accuracy > 0.95

    (project / "01_digits.py").unlink()
    moved = project.rename(tmp_path / "elsewhere") / "results/train/1"
    code = f"""
        import forge
        exp = forge.Experiment.load({str(moved)!r})
        images, labels = exp.dataset["test"]
        guesses = exp.model.predict(images, verbose=0).argmax(axis=1)
        print(float((guesses == labels).mean()), exp.call("evaluate_on_test"))
    """
    assert in_python(tmp_path, code) == f"{accuracy} {accuracy}"


@pytest.mark.frameworks
def test_two_versions_of_the_script_load_side_by_side(digits, tmp_path):
    folder, _ = digits
    script = (EXAMPLES / "01_digits.py").read_text(encoding="utf-8")
    changed = script.replace('activation="relu"', 'activation="tanh"')
    changed = changed.replace(
        "def evaluate(",
        "def evaluate(model, examples):\n"
        "    return 'measured by the changed script'\n\n\n"
        "def measure(",
    )
    (tmp_path / "01_digits.py").write_text(changed, encoding="utf-8")
    python(tmp_path, "01_digits.py", "with", "tiny")
    code = f"""
        import sys, forge
        old = forge.Experiment.load({str(folder / "results/train/1")!r})
        new = forge.Experiment.load({str(tmp_path / "results/train/1")!r})
        for exp in (old, new, old):
            print([layer.activation.__name__ for layer in exp.model.layers
                   if hasattr(layer, "activation")], exp.call("evaluate_on_test"))
        print([name for name in sys.modules if name.startswith("01_digits")])
    """
    accuracy = forge.Record.read(folder / "results/train/1").result["accuracy"]
    assert in_python(folder, code).splitlines() == [
        f"['relu', 'linear'] {accuracy}",
        "['tanh', 'linear'] measured by the changed script",
        f"['relu', 'linear'] {accuracy}",
        "[]",
    ]


@pytest.mark.frameworks
def test_fit_trains_as_part_of_a_run(tmp_path):
    check(played("08_keras_fit.py", tmp_path))
    run = forge.Record.read(tmp_path / "results/train/1")
    assert run.metrics["epoch"].values == tuple(range(1, 10))
    assert len(run.metrics["batch/loss"]) == run.checkpoints[-1]
