"""Experiments that were typed in: where their source is found, and what is missing."""

import subprocess
import sys
import textwrap

import pytest

import forge


#: Executes cells as a prompt does that keeps their source, as Python's does from 3.13.
PROMPT = """
import linecache, sys, __main__
del __main__.__file__
def execute(n, text):
    file = f"<python-input-{n}>"
    linecache.cache[file] = len(text), None, text.splitlines(True), file
    exec(compile(text, file, "exec"), vars(__main__))
"""

TRAIN = """
@forge.dataset
def words(n=3): return {"all": ["a"] * n}

class Counter:
    def __init__(self): self.n = 0
    def get_state(self): return {"n": self.n}
    def set_state(self, state): self.n = state["n"]

@forge.model
def counter(): return Counter()

@forge.experiment
def train(dataset, model, *, _run):
    model.n = len(dataset["all"])
    return model.n

@train.command
def double(model): return 2 * model.n
"""


@pytest.fixture
def prompt(project):
    """Execute cells in a process, and return what it wrote to stderr."""

    def execute(*cells, expect=0):
        texts = [textwrap.dedent(cell) for cell in cells]
        calls = [f"execute({n}, {text!r})" for n, text in enumerate(texts)]
        project.write("\n".join([PROMPT, *calls]), "prompt.py")
        done = project(script="prompt.py", expect=expect)
        return done.stderr

    return execute


def stored(project, run="train/1"):
    """The script in the record of a run."""
    return (project.record(run).layout.sources / "notebook.py").read_text()


def test_a_run_of_typed_code_is_rebuilt_from_its_record(project, prompt):
    prompt("import forge", TRAIN, "run = train.run({'n': 5})")
    record = project.record()
    assert record.run.main == "notebook"
    assert record.run.rebuildable
    assert {fact.file for fact in record.run.components} == {"notebook.py"}
    assert len({fact.sha256 for fact in record.run.components} - {None}) == 1
    exp = forge.Experiment.load("train/1")
    assert (exp.model.n, exp.dataset) == (5, {"all": ["a"] * 5})
    assert exp.call("double") == 10
    assert exp.run({"n": 2}, quiet=True).result == 2
    exp.close()


def test_a_definition_typed_again_replaces_the_one_taken_as_default(project, prompt):
    again = """
    @forge.model
    def counter():
        made = Counter()
        made.name = "second"
        return made
    """
    default = TRAIN.replace("dataset, model,", "dataset, model=counter,")
    prompt("import forge", default, again, "train.run()")
    assert stored(project).count("def counter") == 1
    assert project.record().config["model"] == "counter"
    exp = forge.Experiment.load("train/1")
    assert (exp.model.name, exp.model.n) == ("second", 3)
    exp.close()


def test_what_stands_below_the_running_line_is_not_stored(project, prompt):
    cell = "SIZE = 3\ntrain.run()\nSIZE = 4\ndef words(): return None"
    prompt(
        "import forge", TRAIN.replace("n=3", "n=3, m=0").replace("* n", "* SIZE"), cell
    )
    assert "SIZE = 3" in stored(project)
    assert "SIZE = 4" not in stored(project)
    assert '["a"] * SIZE' in stored(project)


def test_definitions_of_a_cell_that_failed_are_not_stored(project, prompt):
    failing = """
    try:
        execute(9, "raise OSError\\n@forge.model\\ndef counter(): return None")
    except OSError:
        pass
    """
    prompt("import forge", TRAIN, failing, "train.run()")
    assert "def counter(): return Counter()" in stored(project)


def test_a_computed_name_is_reported_and_loading_says_so(project, prompt, message):
    computed = TRAIN.replace('["a"]', "vocab")
    text = prompt(
        "import forge",
        "def build(): return ['a']\nvocab = build()",
        computed,
        "train.run()",
    )
    _, warning, remedy, _ = text.splitlines()
    message("not-rebuildable", f"{warning}\n{remedy}")
    run = project.record().run
    assert not run.rebuildable
    assert run.notes == (f"{warning.removeprefix('forge: warning: ')}\n{remedy}",)
    exp = forge.Experiment.load("train/1")
    assert exp.record.result == 3
    with pytest.raises(forge.ForgeError) as caught:
        exp.model  # noqa: B018 - what fails is the point
    assert caught.value.code == "not-rebuildable"
    message("not-rebuildable-load", str(caught.value))


def test_several_names_are_reported_at_once(project, prompt, message):
    cells = TRAIN.replace('["a"]', "vocab").replace("self.n = 0", "self.n = len(seen)")
    text = prompt(
        "import forge\nvocab, seen = input, []",
        "vocab = sorted(globals())\nvocab = vocab.copy()\nseen = []\nseen.append(1)",
        cells,
        "train.run()",
    )
    message("not-rebuildable-several", "\n".join(text.splitlines()[1:4]))


def test_code_of_which_python_keeps_no_source_is_reported(project, message):
    code = f"import forge\nexec('''{TRAIN}''')\ntrain.run()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    message("not-rebuildable-no-source", "\n".join(done.stderr.splitlines()[1:3]))
    record = project.record()
    assert not record.run.rebuildable
    assert not (record.layout.sources / "notebook.py").exists()
    with pytest.raises(forge.ForgeError) as caught:
        forge.Experiment.load("train/1").call("double")
    message("not-rebuildable-no-source-load", str(caught.value))


def test_modules_that_cells_import_late_are_stored(project, prompt):
    project.write("SIZE = 7\n", "sizes.py")
    late = TRAIN.replace("return {", "import sizes; return {").replace(
        "* n", "* sizes.SIZE"
    )
    prompt("import forge", late, "print_it = forge.build(counter)\ntrain.run()")
    assert [str(p) for p in project.record().sources] == ["notebook.py", "sizes.py"]
    exp = forge.Experiment.load("train/1")
    assert exp.model.n == 7
    exp.close()


def test_a_file_that_has_the_name_of_the_script_keeps_it(project, prompt):
    project.write("X = 1\n", "notebook.py")
    prompt("import forge, notebook", TRAIN, "train.run()")
    assert project.record().run.main == "notebook_2"
    exp = forge.Experiment.load("train/1")
    assert exp.model.n == 3
    exp.close()


def test_typed_experiments_are_resumed_as_long_as_their_cells_are_the_same(
    project, prompt, message
):
    cells = ["import forge", TRAIN]
    prompt(*cells, "train.run()")
    prompt(*cells, "import forge", "train.run(resume=True)")
    assert len(project.record().run.sessions) == 2
    changed = TRAIN.replace("model.n = len", "model.n = 1 + len")
    text = prompt("import forge", changed, "train.run(resume=True)", expect=1)
    assert "1 source of train/1 changed since: notebook.py" in text
    prompt("import forge", changed, "train.run(resume=True, code='current')")
    record = project.record()
    assert record.result == 4
    assert record.run.sessions[-1].sources == "sources-3"


def test_scripts_and_their_classes_are_no_typed_code(project):
    project.write(
        """
        import forge

        @forge.model
        class Net:
            pass

        @forge.experiment
        def train(model): return 1

        if __name__ == "__main__":
            train.run()
        """
    )
    project()
    assert project.record().run.rebuildable
    assert [str(p) for p in project.record().sources] == ["train.py"]


def test_results_beside_the_script_are_no_reason_to_leave_it_out(project):
    project.write()
    project("--results-dir", ".", "--quiet")
    record = forge.Record.read(project.folder / "train/1")
    assert [path.name for path in record.sources] == ["train.py"]
