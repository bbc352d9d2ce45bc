"""What a run has held, which is in nobody's way once it is over."""

import gc
import weakref
from contextlib import suppress

import pytest

import forge


SCRIPT = """
import weakref

import forge
from forge.run.stopping import Terminated

held = []
kept = []


class Thing:
    pass


class Loader(dict):
    def __init__(self):
        super().__init__(part=note(Thing()))

    def __iter__(self):
        return (note(Thing()) for _ in range(3))


def note(thing):
    held.append(weakref.ref(thing))
    return thing


@forge.dataset
def data():
    return note(Loader())


@forge.model
def net(part):
    return note(Thing())


@forge.experiment
def train(dataset, model, *, _run: forge.Run):
    kept.append(_run)
    for step, batch in _run.track(dataset):
        _run.log(loss=1 / step)
        BODY


@train.capture
def captured(model, dataset):
    pass


@train.command
def look(model, dataset):
    pass


@train.after
def afterwards(model, *, _run):
    if "fail" in _run.info:
        raise ValueError("afterwards")
"""

BODIES = {
    "to the end": "pass",
    "left": "break",
    "failed": "raise ValueError('no')",
    "saved": "_run.checkpoint(w={'w': [1.0]})",
    "in the background": "_run.checkpoint(w={'w': [1.0]}, background=True)",
    "not in the background": """if step == 1:
            _run.dir and (_run.dir / 'checkpoints').write_text('in the way')
            _run.checkpoint(w={'w': [1.0]}, background=True)""",
    "asked to end": "_run.ask(Terminated(15))",
    "asked and returned": "_run.ask(Terminated(15)); _run.stopping; break",
    "refused": "_run.log(loss='none')",
    "captured": "captured()",
    "failed afterwards": "_run.info['fail'] = 1",
}
ENDS = (forge.ForgeError, ValueError, SystemExit)


@pytest.fixture
def uncollected():
    """Leave circles of objects alone, as Python does for most of the time."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left(module):
    """What is not gone of all that a run had."""
    return [held() for held in module.held if held() is not None]


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("record", [True, False], ids=["recorded", "unrecorded"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_nothing_is_held_when_a_run_is_over(project, body, record):
    module = project.load(SCRIPT.replace("BODY", body))
    with suppress(*ENDS):
        module.train.run(quiet=True, record=record, capture="no")
    assert len(module.held) >= 4
    assert left(module) == []
    # Of the run itself as little is left when nobody has it.
    (run,) = map(weakref.ref, module.kept)
    module.kept.clear()
    assert run() is None


def test_a_command_holds_nothing_either(project, uncollected):
    module = project.load(SCRIPT.replace("BODY", "pass"))
    run = module.train.run(command="look", quiet=True, capture="no")
    assert len(module.held) == 3
    assert left(module) == []
    assert run.injected == {}


def test_who_goes_on_with_a_loop_can_do_so(project):
    text = """
        import forge

        loops = []

        @forge.experiment
        def train(*, _run: forge.Run):
            loops.append(_run.track([1, 2, 3], stop=8))
            return next(loops[0])
        """
    module = project.load(text)
    assert module.train.run(quiet=True, capture="no").result == (1, 1)
    assert [step for step, _ in module.loops[0]] == [2, 3, 4, 5, 6, 7, 8]


def test_a_run_that_is_over_saves_nothing_more(project, message):
    module = project.load(SCRIPT.replace("BODY", "pass"))
    run = module.train.run(quiet=True, capture="no")
    before = sorted(run.dir.rglob("*"))
    with pytest.raises(forge.ForgeError) as found:
        run.checkpoint(step=9, w={"w": [1.0]})
    assert found.value.code == "run-over"
    message("checkpoint-of-a-run-that-is-over", str(found.value))
    assert sorted(run.dir.rglob("*")) == before
    unrecorded = module.train.run(quiet=True, record=False)
    thing = module.Thing()
    assert unrecorded.checkpoint(step=9, w=thing) is None
    gone = weakref.ref(thing)
    del thing
    assert gone() is None


def test_a_run_that_is_over_can_be_read_from(project, uncollected):
    text = SCRIPT.replace("(_run)\n", "(_run)\n    _run.restore(w={'w': [0]})\n", 1)
    body = "step > 3 or _run.checkpoint(w={'w': [step]})"
    module = project.load(text.replace("BODY", body))
    module.train.run(quiet=True, capture="no")
    with suppress(*ENDS):
        module.train.run(resume=True, quiet=True, capture="no")
    (run,) = module.kept[1:]
    box = {"w": [0]}
    assert run.restore(w=box) == 3
    assert box == {"w": [3]}
    with pytest.raises(forge.ForgeError, match="w"):
        run.restore(w=object())
