"""A plan carried out: built, recorded, ended in one of the final states."""

import json

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


def test_what_only_a_forked_child_logs_is_summed_up(project):
    text = """
        import os
        import forge

        @forge.experiment
        def train(*, _run: forge.Run):
            if (child := os.fork()) == 0:
                _run.log(loss=1.0, step=1)
                _run.log(loss=0.5, step=2)
                os._exit(0)
            os.waitpid(child, 0)
        """
    project.load(text).train.run(**QUIET)
    summary = project.record().summary["loss"]
    assert (summary.n, summary.last, summary.step) == (2, 0.5, 2)


def test_a_folder_without_a_run_is_not_left_behind(project, monkeypatch):
    """A folder that cannot be written after it was made is taken away again."""
    train = project.load(TRAIN).train
    monkeypatch.setattr(
        "forge.observers.filesystem.place_files",
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


def test_what_is_imported_after_a_run_is_not_seeded_any_more(project):
    code = (
        TRAIN.partition("if __name__")[0]
        + "if __name__ == '__main__':\n    train.run(presets=['tiny'], record=False)\n"
        + "    import numpy\n    print(numpy.random.rand())\n"
    )
    project.write(code)
    first, second = project().stdout, project().stdout
    assert first != second


@pytest.mark.parametrize("capture", ["sys", "fd"])
def test_what_a_body_prints_comes_before_what_is_said_of_its_end(project, capture):
    text = """
        import forge

        @forge.experiment
        def train():
            print("last words", end="")

        if __name__ == "__main__":
            train.main()
        """
    project.write(text)
    process = project.start("--capture", capture)
    process.communicate()
    output = project.record().layout.output.read_text()
    assert output.index("last words") < output.index("COMPLETED")
