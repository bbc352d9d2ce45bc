"""Learning rates of Keras: what is given anew wins over what was saved."""

import pytest

from forge.checkpoints.manager import Checkpoints


pytestmark = pytest.mark.frameworks


@pytest.fixture
def keras():
    return pytest.importorskip("keras")


@pytest.fixture
def saved(tmp_path):
    return Checkpoints(tmp_path / "checkpoints")


@pytest.fixture
def optimizer(keras):
    """Make a built optimizer."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])

    def make(rate, kind=keras.optimizers.SGD):
        made = kind(rate)
        made.build(model.trainable_variables)
        return made

    return make


def rate(optimizer):
    return round(float(optimizer.learning_rate), 6)


def begun(saved, optimizer, reached):
    """Save an optimizer whose learning rate has changed since the run began."""
    saved.check_objects({"optimizer": optimizer})
    optimizer.learning_rate = reached
    saved.save(1, {"optimizer": optimizer})


def test_what_was_reached_comes_back(saved, optimizer):
    begun(saved, optimizer(0.1), 0.025)
    again = optimizer(0.1)
    found = saved.restored({"optimizer": again})
    assert (rate(again), found.notes) == (0.025, ())


def test_what_is_given_anew_wins(saved, optimizer, message):
    begun(saved, optimizer(0.1), 0.025)
    again = optimizer(0.5)
    (note,) = saved.restored({"optimizer": again}).notes
    assert rate(again) == 0.5
    message("learning-rate-anew", note)
    # From then on it is what was given.
    saved.save(2, {"optimizer": again})
    later = optimizer(0.5)
    later.learning_rate = 0.3
    assert saved.restored({"optimizer": later}, step=2).notes != ()
    steady = optimizer(0.5)
    assert saved.restored({"optimizer": steady}, step=2).notes == ()


def test_without_a_beginning_nothing_can_be_compared(saved, optimizer):
    old = optimizer(0.1)
    saved.save(1, {"optimizer": old})
    again = optimizer(0.5)
    assert saved.restored({"optimizer": again}).notes == ()
    assert rate(again) == 0.1


def test_a_schedule_is_part_of_the_code(saved, optimizer, keras):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    begun_with = optimizer(schedule)
    saved.check_objects({"optimizer": begun_with})
    saved.save(1, {"optimizer": begun_with})
    other = keras.optimizers.schedules.ExponentialDecay(0.2, 10, 0.5)
    again = optimizer(other)
    assert saved.restored({"optimizer": again}).notes == ()
    assert rate(again) == 0.2


def test_a_loss_scale_optimizer_has_the_rate_of_the_one_inside(saved, optimizer, keras):
    def scaled(rate):
        return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(rate))

    begun(saved, optimizer(0.1, scaled), 0.025)
    again = optimizer(0.1, scaled)
    assert saved.restored({"optimizer": again}).notes == ()
    assert rate(again) == 0.025
    anew = optimizer(0.5, scaled)
    assert saved.restored({"optimizer": anew}).notes != ()
    assert rate(anew) == 0.5
