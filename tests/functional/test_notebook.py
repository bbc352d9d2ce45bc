"""Experiments of notebooks, in kernels as Jupyter starts them."""

import pytest


pytestmark = [
    pytest.mark.frameworks,
    # How kernels and their clients work is not Forge's business.
    pytest.mark.filterwarnings("ignore"),
]

SETUP = """\
%precision 3
import forge
from scales import SCALE
"""

PARTS = """\
%%time
files = !ls
START = 0.5  # where all weights begin


class Net:
    def __init__(self, n):
        self.w = [START] * n

    def get_state(self):
        return {"w": self.w}

    def set_state(self, state):
        self.w = list(state["w"])


@forge.dataset
def points(n=3):
    return {"xs": [SCALE * i for i in range(n)], "n": n}


@forge.model
def net(n):
    return Net(n)
"""

TRAIN = """\
@forge.experiment
def train(dataset, model=net, lr=0.25, *, _run: forge.Run):
    for step, x in _run.track(dataset["xs"]):
        model.w[0] += lr * x
        _run.log(weight=model.w[0], step=step)
        print("weight", model.w[0])
    return model.w[0]


@train.command
def largest(model, times=1):
    return times * max(model.w)


@train.preset
def slow():
    return {"lr": 0.125}
"""


@pytest.fixture
def kernel(project):
    """Execute cells in a new kernel, and return what each has printed."""
    client = pytest.importorskip("nbclient")
    from nbformat import v4

    project.write("SCALE = 2\n", "scales.py")

    def execute(*cells):
        notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
        client.NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            resources={"metadata": {"path": str(project.folder)}},
        ).execute()
        return [
            {
                name: "".join(o.text for o in cell.outputs if o.get("name") == name)
                for name in ("stdout", "stderr")
            }
            for cell in notebook.cells
        ]

    return execute


def test_a_notebook_is_rebuilt_in_another_kernel(project, kernel):
    *_, printed = kernel(
        SETUP, PARTS, TRAIN, "print('before')", "run = train.run()\nprint('after')"
    )
    assert printed["stdout"] == "weight 0.5\nweight 1.0\nweight 2.0\nafter\n"
    record = project.record()
    assert record.run.rebuildable
    output = record.output
    assert "weight 2.0" in output
    assert "after" not in output
    assert "before" not in output
    project.write("SCALE = 1000\n", "scales.py")
    *_, printed = kernel(
        "import forge\nexp = forge.Experiment.load('train/1')",
        "print(exp.model.w, exp.dataset['xs'], exp.call('largest', times=2))",
        "print(exp.run(presets=['slow'], quiet=True).result)",
    )
    assert printed["stdout"].splitlines()[-1] == "1.25"
    first = kernel(
        "import forge\nexp = forge.Experiment.load('train/2')",
        "print(exp.model.w, exp.dataset['xs'], exp.call('largest', times=2))",
    )[1]
    assert first["stdout"] == "[1.25, 0.5, 0.5] [0, 2, 4] 2.5\n"


def test_a_cell_that_was_changed_and_run_again_counts(project, kernel):
    changed = PARTS.replace("0.5  # where", "1.5  # where")
    kernel(SETUP, PARTS, TRAIN, "train.run()", changed, "train.run()")
    assert project.record("train/1").result == 2.0
    assert project.record("train/2").result == 3.0
    *_, printed = kernel(
        "import forge",
        "load = forge.Experiment.load",
        "print(load('train/1').call('largest'), load('train/2').call('largest'))",
        "print(load('train/2', step=None).model.w)",
    )
    assert printed["stdout"] == "[1.5, 1.5, 1.5]\n"


def test_a_computed_name_is_reported_in_the_notebook(project, kernel):
    computed = PARTS.replace("START = 0.5", "START = float(open('start.txt').read())")
    project.write("0.5", "start.txt")
    *_, ran, refused = kernel(
        SETUP,
        computed,
        TRAIN,
        "train.run()",
        "try:\n    forge.Experiment.load('train/1').model\n"
        "except forge.ForgeError as error:\n    print(error.code)",
    )
    assert "not rebuildable: 'START' is computed in cell 2" in ran["stderr"]
    assert "the experiment calls, such as the dataset" in ran["stderr"]
    assert refused["stdout"] == "not-rebuildable\n"
    assert not project.record().run.rebuildable


WATCHED = """\
import time
seen = []
publisher = get_ipython().display_pub
publish = publisher.publish
def noticed(data, **options):
    seen.append(data["text/plain"])
    publish(data, **options)
publisher.publish = noticed

@forge.experiment
def watch(steps=2, *, _run: forge.Run):
    for step, _ in _run.track(range(steps)):
        _run.log(loss=0.5, step=step)
        while not any(f"{step}/{steps}" in text for text in seen):
            time.sleep(0.01)
        print("saw", step)
"""


def test_progress_is_an_output_of_the_cell(project, kernel):
    *_, ran, after = kernel(
        "import forge", WATCHED, "watch.run()", "print(seen[0], '|', seen[-1], '|')"
    )
    assert ran["stdout"] == "saw 1\nsaw 2\n"
    assert ran["stderr"].splitlines()[0] == "watch/1  results/watch/1"
    assert after["stdout"].startswith("watch/1  1/2   50 %  ")
    # When the loop has ended, nothing of it is left.
    assert after["stdout"].endswith("|  |\n")
    assert "50 %" not in project.record("watch/1").output


def test_an_experiment_of_cells_goes_on_and_has_commands(project, kernel):
    *_, longer, command = kernel(
        SETUP,
        PARTS,
        TRAIN.replace("    for", "    _run.restore(model=model)\n    for"),
        "train.run()",
        "print(train.run(resume=True, quiet=True).result)",
        "print(train.run(command='largest', config={'times': 3}, quiet=True).result)",
    )
    assert longer["stdout"].splitlines()[-1] == "3.5"
    assert command["stdout"] == "1.5\n"
    assert [project.record(f"train/{n}").run.command for n in (1, 2)] == [
        None,
        "largest",
    ]


def test_config_files_by_path_make_a_run_of_a_notebook(project, kernel):
    """It has no command line; errors of cells end nothing, the kernel's end does."""
    text = """
        from forge import flags
        flags.DEFINE_integer("n", 3, "How many.")
        def load(config): return {"weights": {"value": [1.0] * config.n}}
        """
    project.write(text, "configs/model.py")
    begin = (
        "import forge\nimport forge.experiment_tools as fet\nfrom forge import flags\n"
        "flags.DEFINE_string('model_config', 'configs/model.py', 'A file.')\n"
        "flags.DEFINE_integer('steps', 1, 'Steps.')\nconfig = forge.config()"
    )
    train = (
        "config.n = 2\n"
        "fet.init_checkpoint('results/train', None, config.model_config)\n"
        "model = fet.load(config.model_config, config)\n"
        "forge.current_run().log(loss=1.0, step=1)\n"
        "forge.current_run().checkpoint(**model)\nprint(model)"
    )
    edited = "flags.DEFINE_integer('steps', 5, 'More.')\nprint(config.steps)"
    failing = "get_ipython().run_cell('1 / 0')"
    *_, printed, steps, _ = kernel(begin, train, edited, failing)
    assert printed["stdout"] == "{'weights': {'value': [1.0, 1.0]}}\n"
    assert steps["stdout"] == "5\n"
    record = project.record()
    assert record.status == "COMPLETED"
    assert record.config["n"] == 2
    project.write("raise 1", "configs/model.py")
    *_, printed = kernel(
        "import forge\n_, model, restore = forge.load_from_checkpoint('train/1')",
        "print(restore(), model)",
    )
    assert printed["stdout"] == "1 {'weights': {'value': [1.0, 1.0]}}\n"
