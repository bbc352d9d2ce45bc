"""What a run has held, which is in nobody's way once it is over."""

import gc
import weakref
from contextlib import suppress

import pytest

import forge


SCRIPT = """
import weakref

import forge

held = []


class Thing:
    pass


class Loader:
    def __iter__(self):
        return (note(Thing()) for _ in range(3))


def note(thing):
    held.append(weakref.ref(thing))
    return thing


@forge.dataset
def data():
    return note(Loader())


@forge.model
def net():
    return note(Thing())


@forge.experiment
def train(dataset, model, *, _run: forge.Run):
    for step, batch in _run.track(dataset):
        _run.log(loss=1 / step)
        BODY
"""

BODIES = {
    "to the end": "pass",
    "left": "break",
    "failed": "raise ValueError('no')",
    "saved": "_run.checkpoint(w={'w': [1.0]})",
    "in the background": "_run.checkpoint(w={'w': [1.0]}, background=True)",
    "refused": "_run.log(loss='none')",
    "injected": "_run.info['n'] = len(_run.injected)",
}


@pytest.fixture
def uncollected():
    """Leave circles of objects alone, as Python does for most of the time."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("record", [True, False], ids=["recorded", "unrecorded"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_nothing_is_held_when_a_run_is_over(project, body, record):
    module = project.load(SCRIPT.replace("BODY", body))
    run = None
    with suppress(forge.ForgeError, ValueError):
        run = module.train.run(quiet=True, record=record, capture="no")
    assert len(module.held) >= 3
    assert [held() for held in module.held if held() is not None] == []
    # Of the run itself as little is left when nobody has it.
    last = run and weakref.ref(run)
    del run
    assert last is None or last() is None
