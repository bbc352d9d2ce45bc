"""Options that take one of a few words."""

import pytest

import forge


def test_a_way_to_check_checkpoints_that_there_is_not(project, train, message):
    with pytest.raises(forge.ForgeError) as found:
        forge.experiment(verify="md5")
    message("bad-option-experiment", str(found.value))
    train()
    with pytest.raises(forge.ForgeError) as found:
        forge.Experiment.load("train/1", verify=True)
    message("bad-option-verify", str(found.value))
