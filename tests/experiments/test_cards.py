"""A loaded experiment in a notebook."""

from projects import TRAIN

import forge


def test_what_is_loaded_and_what_was_recorded(project) -> None:
    project.load(TRAIN).train.run(quiet=True, capture="no")
    exp = forge.Experiment.load("results/train/1")
    shown = exp._repr_html_()
    assert f"Experiment train/1, step {exp.step}" in shown
    assert "<td>model</td>" in shown
    assert "built on first use" in shown
    assert "train/1 COMPLETED" in shown
    assert "git_commit" not in shown
    assert exp.model is not None
    assert "<td>built</td>" in exp._repr_html_()
