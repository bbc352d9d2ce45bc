"""A plan carried out: built, recorded, ended in one of the final states."""

import json
import threading

import pytest
from projects import TRAIN

import forge


QUIET = {"quiet": True, "capture": "no"}


def test_the_whole_folder_of_a_run(project):
    project.load(TRAIN).train.run({"steps": 2}, quiet=True, note="n")
    names = {p.name for p in (project.folder / "results/train/1").iterdir()}
    assert {
        "run.json",
        "flags.json",
        "metrics.jsonl",
        "output.txt",
        "sources",
        "checkpoints",
        "requirements.txt",
        "annotations.json",
        "run.lock",
    } <= names
    assert not [n for n in names if n.startswith(".tmp")]


def test_flags_are_written_before_the_first_code_of_the_user(project):
    text = """
        import forge, json, pathlib

        @forge.model
        def mlp():
            return json.loads(pathlib.Path("results/train/1/flags.json").read_text())

        @forge.experiment
        def train(model, steps=2):
            return model["steps"]
        """
    assert project.load(text).train.run(**QUIET).result == 2


def test_a_result_of_any_kind_is_kept_or_described(project):
    for body, expected in [
        ("1.5", 1.5),
        ("None", None),
        ("[1, {'a': (2, 3)}]", [1, {"a": {"py/tuple": [2, 3]}}]),
        ("float('nan')", "NaN"),
        ("object()", None),
    ]:
        text = f"import forge\n\n@forge.experiment\ndef train():\n    return {body}\n"
        project.load(text).train.run(**QUIET)
        number = project.runs()[-1]
        facts = json.loads(
            (project.folder / f"results/train/{number}/run.json").read_text()
        )
        assert facts["status"] == "COMPLETED"
        if body != "object()":
            assert facts["result"] == expected


def test_two_threads_cannot_record_at_once(project):
    text = """
        import forge, threading

        started, go_on = threading.Event(), threading.Event()

        @forge.experiment
        def train():
            started.set()
            assert go_on.wait(20)

        @forge.experiment
        def other(): ...
        """
    module = project.load(text)
    thread = threading.Thread(target=lambda: module.train.run(**QUIET))
    thread.start()
    try:
        assert module.started.wait(20)
        with pytest.raises(forge.ForgeError, match="train/1 is being recorded"):
            module.other.run(**QUIET)
    finally:
        module.go_on.set()
        thread.join()
    assert project.record().status == "COMPLETED"
    assert module.other.run(**QUIET).status == "COMPLETED"


def test_a_folder_without_a_run_is_not_left_behind(project, monkeypatch):
    """A folder that cannot be written after it was made is taken away again."""
    train = project.load(TRAIN).train
    monkeypatch.setattr(
        "forge.observers.filesystem.replace_file",
        lambda *a: (_ for _ in ()).throw(OSError(28, "No space left on device")),
    )
    with pytest.raises(forge.ForgeError) as found:
        train.run(**QUIET)
    assert found.value.code == "not-recorded"
    assert project.runs() == []
    assert forge.current_run() is None


def test_the_body_is_not_built_or_called_when_the_record_cannot_begin(project):
    text = TRAIN.replace(
        "def toy(n=3, offset=0):",
        "def toy(n=3, offset=0):\n    raise AssertionError('built')",
    )
    train = project.load(text).train
    (project.folder / "results").write_text("")
    with pytest.raises(forge.ForgeError, match="no run folder can be made"):
        train.run(**QUIET)


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


def test_what_is_imported_after_a_run_is_not_seeded_any_more(project):
    code = (
        TRAIN.partition("if __name__")[0]
        + "if __name__ == '__main__':\n    train.run(presets=['tiny'], record=False)\n"
        + "    import numpy\n    print(numpy.random.rand())\n"
    )
    project.write(code)
    first, second = project().stdout, project().stdout
    assert first != second
