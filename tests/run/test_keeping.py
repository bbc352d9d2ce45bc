"""Where a run is kept: its folder and its checkpoints."""

import os

import pytest
from projects import TRAIN

from forge.errors import ForgeError


QUIET = {"quiet": True, "capture": "no"}


def test_a_run_that_is_not_recorded_has_neither(project):
    run = project.load(TRAIN).train.run(presets=["tiny"], record=False)
    assert run.dir is None
    assert run.checkpoint(step=9, a=[1]) is None


def test_numbers_count_up_and_holes_stay(project):
    train = project.load(TRAIN).train
    for number in (1, 2):
        assert train.run(presets=["tiny"], **QUIET).number == number
    (project.folder / "results/train/7").mkdir()
    assert train.run(presets=["tiny"], **QUIET).number == 8


def test_a_resumed_run_keeps_its_folder(project):
    train = project.load(TRAIN).train
    first = train.run({"steps": 2}, **QUIET)
    again = train.run({"steps": 4}, resume="train/1", **QUIET)
    assert again.dir.resolve() == first.dir.resolve()
    assert again.number == 1


ELSEWHERE = """\
import os

import forge


@forge.experiment
def train(*, _run: forge.Run):
    os.makedirs("elsewhere/data")
    os.chdir("elsewhere")
    _run.log(loss=1.0, step=1)
    open("found.txt", "w").write("text")
    _run.artifact("found.txt")
    _run.resource("found.txt")
    _run.info["key"] = 1
    _run.checkpoint(step=1, model={"w": [1]})
    print("in", os.path.basename(os.getcwd()), "from", _run.dir)
    os.chdir("data")
    os.rmdir("../data")


if __name__ == "__main__":
    train.main()
"""


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_a_body_may_go_to_another_working_directory(project, mode):
    project.write(ELSEWHERE)
    done = project("-C", mode)
    assert done.stderr.startswith("train/1  results/train/1\ntrain/1  COMPLETED")
    record = project.record()
    assert record.status == "COMPLETED"
    assert f"in elsewhere from {os.path.realpath(record.dir)}\n" in record.output
    assert (record.dir / "artifacts/found.txt").read_text() == "text"
    there = {p.name for p in record.dir.iterdir()}
    assert {"info.json", "resources.json", "summary.json"} <= there
    assert record.checkpoints == (1,)


def test_a_run_does_not_begin_where_there_is_no_working_directory(project, message):
    gone = "import os\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')\n"
    project.write(gone + TRAIN)
    done = project("-R", str(project.folder / "results"), expect=2)
    message("no-working-directory", done.stderr.rstrip())
    assert project.runs() == []


def test_the_best_by_the_goal_are_kept(project):
    text = TRAIN.replace(
        "@forge.experiment",
        '@forge.experiment(goal="min loss", keep_last=1, keep_best=1)',
    ).replace("_run.checkpoint()", '_run.checkpoint(metrics={"loss": abs(step - 4)})')
    project.load(text).train.run({"steps": 9}, **QUIET)
    assert project.record().checkpoints == (4, 9)


def test_no_checkpoint_goes_into_the_folder_of_another_run(project, message):
    text = TRAIN.replace(
        "_run.checkpoint()",
        "_run.dir.rename('moved'); _run.dir.mkdir(); _run.checkpoint()",
    )
    with pytest.raises(ForgeError) as caught:
        project.load(text).train.run(**QUIET)
    assert caught.value.code == "checkpoint-failed"
    assert list((project.folder / "results/train/1").iterdir()) == []
    message("checkpoint-run-folder-gone", str(caught.value))
