"""Where components come from that no code defines."""

from projects import TRAIN


def test_only_components_of_runs_have_a_lineage(project):
    train = project.load(TRAIN).train
    train.run({"seed": 1}, quiet=True, capture="no")
    train.run({"model": "run:train/1@2"}, quiet=True, capture="no")
    assert project.record("train/1").run.lineage == {}
    lineage = project.record("train/2").run.lineage
    assert lineage.keys() == {"model"}
    assert lineage["model"].kind == "component"
    assert lineage["model"].step == 2


def test_such_a_component_is_built_once(project):
    train = project.load(TRAIN).train
    first = train.run({"seed": 1}, quiet=True, capture="no").result["first"]
    run = train.run({"model": "run:train/1", "steps": 1}, record=False)
    assert run.result["first"] == first + 1
    # The next run has one of its own: what the first one did to it is not seen.
    assert (
        train.run({"model": "run:train/1", "steps": 1}, record=False).result
        == run.result
    )
