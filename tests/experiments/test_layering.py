"""Layers above the defaults, low to high: files, presets, mappings, words."""

import pytest
from projects import TRAIN

import forge


@pytest.fixture(name="train")
def _train(project):
    (project.folder / "six.json").write_text('{"steps": 6}')
    five = "def five():\n    return {'steps': 5, 'lr': 0.1}\n\n\n@train.preset"
    text = TRAIN.replace("@train.preset", f"@train.preset\n{five}")
    return project.load(text).train


@pytest.mark.parametrize(
    ("options", "steps", "origin"),
    [
        ({}, 4, "default"),
        ({"presets": ["tiny"]}, 2, "preset tiny"),
        ({"presets": ["tiny", "five"]}, 5, "preset five"),
        ({"presets": ["five", "tiny"]}, 2, "preset tiny"),
        ({"words": ["five", "six.json"]}, 6, "six.json"),
        ({"words": ["six.json", "five"]}, 5, "preset five"),
        ({"presets": ["five"], "words": ["tiny"]}, 2, "preset tiny"),
        ({"presets": ["five"], "config": {"steps": 7}}, 7, "run(config=)"),
        ({"config": {"steps": 7}, "words": ["five"]}, 7, "run(config=)"),
        ({"config": {"steps": 7}, "words": ["steps=8"]}, 8, "command line"),
        ({"words": ["steps=8", "five", "six.json"]}, 8, "command line"),
    ],
)
def test_the_highest_layer_wins(train, options, steps, origin):
    config = train.configure(**options)
    assert config["steps"] == steps
    assert str(config.origin("steps")) == origin


def test_presets_are_called_each_time(project):
    text = TRAIN.replace(
        'return {"steps": 2, "model.n_hidden": 1}',
        "CALLS.append(1)\n    return {'steps': len(CALLS)}",
    )
    module = project.load(
        text.replace("import forge\n", "import forge\n\nCALLS = []\n")
    )
    module.train.configure()
    assert module.CALLS == []
    assert module.train.configure(presets=["tiny"])["steps"] == 1
    assert module.train.configure(presets=["tiny"])["steps"] == 2


def test_applied_presets_are_recorded_in_order(project, train):
    train.run(presets=["five"], words=["tiny"], quiet=True, capture="no")
    assert project.record().run.presets == ("five", "tiny")


def test_every_mistake_of_every_layer_is_reported(train):
    with pytest.raises(forge.ForgeError) as found:
        train.configure({"lrr": 1}, presets=["big"], words=["nowhere.json", "x=1"])
    codes = [error.code for error in found.value.errors]
    assert codes == [
        "unknown-preset",
        "no-file",
        "unknown-key",
        "unknown-key",
    ]
