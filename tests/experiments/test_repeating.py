"""Requests to run the code of a loaded run again."""

from forge.experiments.repeating import to_call, to_resume, to_run


def test_a_call_is_not_recorded_and_has_the_trained_components(train, load):
    train()
    exp = load()
    request = to_call(exp, "evaluate", {"split": "x"})
    assert (request.command, request.record, request.quiet) == ("evaluate", False, True)
    assert request.objects(exp.config)["model"] is exp.model


def test_a_new_run_has_the_old_one_as_its_parent(project, train, load):
    train()
    request = to_run(load(), {"config": {"lr": 1}, "label": "x"})
    assert request.parent.run == str(project.folder / "results/train/1")
    assert request.results_dir == project.folder / "results"
    assert (request.config, request.label, request.objects) == ({"lr": 1}, "x", None)
    assert to_run(load(), {"results_dir": "other"}).results_dir == "other"


def test_a_run_goes_on_in_its_own_folder(project, train, load):
    train()
    request = to_resume(load(), {"quiet": True})
    assert request.resume == project.folder / "results/train/1"
    assert request.parent is None
    assert request.stored is not None
