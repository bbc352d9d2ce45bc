"""What is about to be run."""

import dataclasses

import pytest

from forge.records.record import Record
from forge.records.runfile import Change
from forge.run.plan import Plan, Resumption, Settings


def test_plans_are_frozen():
    assert dataclasses.fields(Plan)
    settings = Settings(keep_last=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.keep_last = 3


def test_a_resumption_says_what_is_given_anew(project):
    train = project.load().train
    train.run(quiet=True, capture="no")
    resumption = Resumption(
        record=Record.read("results/train/1"),
        changes={"steps": Change(old=4, new=6), "model": Change(old="mlp", new="cnn")},
    )
    assert resumption.notes == [
        "steps was 4 in train/1, and is 6 from now on",
        "model was 'mlp' in train/1, and is 'cnn' from now on",
    ]
