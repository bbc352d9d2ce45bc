"""What is built, and in which order it is called."""

import forge


def test_datasets_come_first_and_each_slot_is_built_once(project):
    text = """
        import forge

        ORDER = []

        @forge.dataset
        def toy():
            ORDER.append("dataset")
            return {"n": 1}

        @forge.model
        def mlp(n):
            ORDER.append("model")
            return [n]

        @forge.model
        def ema(model):
            ORDER.append("ema")
            return model

        @forge.experiment
        def train(model=mlp, second: forge.Model = ema, *, dataset=toy):
            ORDER.append("body")
        """
    module = project.load(text)
    module.train.run(record=False)
    assert module.ORDER[0] == "dataset"
    assert module.ORDER[-1] == "body"
    assert module.ORDER.count("model") == module.ORDER.count("dataset") == 1


def test_only_what_a_command_needs_is_built(project):
    text = """
        import forge

        @forge.dataset
        def toy():
            return [1, 2, 3]

        @forge.model
        def mlp():
            raise AssertionError("built")

        @forge.experiment
        def train(dataset, model): ...

        @train.command
        def count(dataset):
            return len(dataset)
        """
    assert project.load(text).train.run(command="count", record=False).result == 3


def test_a_command_says_that_its_model_was_never_trained(project, message):
    project.write()
    project()
    shown = project("evaluate").stderr
    (note,) = [line for line in shown.splitlines() if line.startswith("note: ")]
    message("command-fresh", note)
    assert note.removeprefix("note: ") in project.record("train/2").run.notes
    assert "note: " not in project("evaluate", "--from", "1").stderr
    assert "note: " not in project("evaluate", "-q").stderr
    loaded = forge.Experiment.load("results/train/1")
    assert loaded.call("evaluate")["first"] == project.record("train/1").result["first"]


def test_a_command_in_python_is_told_how_to_load(project, message):
    done = project.load().train.run(command="evaluate", quiet=True)
    message("command-fresh-python", done.notes[-1])
