"""What training replaces rather than changes, and what could never be put back."""

import pytest

import forge


QUIET = {"quiet": True, "capture": "no"}


@pytest.mark.frameworks
def test_what_training_has_replaced_is_not_saved_as_if_it_were_new(
    project, run, message
):
    """Arrays of JAX never change: the names still mean those of the last call."""
    done = run(
        "import jax.numpy as jnp\n"
        "params = (jnp.zeros(2),)\n"
        "_run.checkpoint(step=1, params=params)\n"
        "params = (params[0] + 1,)\n"
        "_run.log(loss=1, step=2)\n"
    )
    assert project.record().checkpoints == (1,)
    (note,) = [note for note in done.notes if "has no checkpoint" in note]
    message("note-outdated", note)


@pytest.mark.frameworks
def test_a_dict_of_arrays_that_was_not_brought_up_to_date_is_not_saved_as_new(
    project, run, message
):
    done = run(
        "import jax.numpy as jnp\n"
        "params = {'layers': [jnp.zeros(2)], 'rate': 0.1}\n"
        "for step in range(1, 6):\n"
        "    params = {**params, 'layers': [params['layers'][0] + 1]}\n"
        "    _run.log(loss=1, step=step)\n"
        "    if step % 2 == 0:\n"
        "        _run.checkpoint(params=params)\n"
    )
    assert project.record().checkpoints == (2, 4)
    (note,) = [note for note in done.notes if "has no checkpoint" in note]
    message("note-unchanged", note)
    run(
        "import jax.numpy as jnp\n"
        "params = {'layers': [jnp.zeros(2)], 'rate': 0.1}\n"
        "_run.restore(params=params)\n"
        "for step in range(1, 4):\n"
        "    params['layers'] = [params['layers'][0] + 1]\n"
        "    _run.log(loss=1, step=step)\n"
    )
    assert project.record("train/2").checkpoints == (3,)


@pytest.mark.frameworks
def test_what_is_not_trained_stays_as_it_is_beside_what_is(project, run):
    run(
        "import jax.numpy as jnp\n"
        "student, teacher = {'w': jnp.zeros(2)}, {'w': jnp.ones(2)}\n"
        "_run.restore(teacher=teacher, student=student)\n"
        "for step in range(1, 4):\n"
        "    student['w'] += teacher['w']\n"
        "    _run.log(loss=1, step=step)\n"
        "    if step == 2:\n"
        "        _run.checkpoint()\n"
    )
    assert project.record().checkpoints == (2, 3)


BUILT = """
import jax.numpy as jnp
import forge

@forge.model
def params():
    return {"w": jnp.zeros(2)}

@forge.experiment
def train(model=params, replace=True, *, _run: forge.Run):
    if replace:
        model = {"w": model["w"] + 1}
    else:
        model["w"] += 1
    _run.log(loss=1, step=1)
"""


@pytest.mark.frameworks
def test_what_was_built_and_never_trained_is_not_saved_as_trained(project):
    train = project.load(BUILT).train
    (note,) = train.run(**QUIET).notes
    assert note.startswith("step 1 has no checkpoint: model still holds")
    assert project.record().checkpoints == ()
    assert train.run({"replace": False}, **QUIET).notes == []
    assert project.record("train/2").checkpoints == (1,)


def test_what_a_restore_could_only_replace_is_refused_by_a_fresh_run(run, message):
    with pytest.raises(forge.ForgeError) as found:
        run("_run.restore(epoch=0, history=(0,), kept=[0])")
    message("checkpoint-replaced-restore", str(found.value))


def test_what_cannot_be_saved_is_refused_before_the_first_checkpoint(run, message):
    with pytest.raises(forge.ForgeError) as found:
        run(
            "import collections\n"
            "buffer = collections.deque(maxlen=3)\n"
            "odd = {'layers': [collections.OrderedDict(a=1)]}\n"
            "_run.restore(buffer=buffer, odd=odd, model=model)\n"
        )
    message("checkpoint-type-restore", str(found.value))


@pytest.mark.frameworks
def test_state_dicts_of_torch_are_copies_to_be_named_by_their_objects(run, message):
    layer = (
        "import torch\n"
        "layer = torch.nn.Linear(1, 1)\n"
        "optimizer = torch.optim.Adam(layer.parameters())\n"
    )
    with pytest.raises(forge.ForgeError) as found:
        run(f"{layer}_run.restore(a=layer.state_dict(), o=optimizer.state_dict())")
    message("checkpoint-state-dict-restore", str(found.value))
    with pytest.raises(forge.ForgeError) as found:
        run(f"{layer}_run.checkpoint(step=1, s={{'layer': layer.state_dict()}})")
    message("checkpoint-state-dict", str(found.value))
    body = f"{layer}_run.checkpoint(step=1, o=optimizer.state_dict())"
    run(body)
    with pytest.raises(forge.ForgeError, match="Name the optimizer itself"):
        run(
            body.replace("checkpoint(step=1, ", "restore("), resume=True, code="current"
        )


@pytest.mark.frameworks
def test_what_could_never_be_restored_is_refused_by_a_fresh_run(run):
    with pytest.raises(forge.ForgeError, match="params cannot be restored"):
        run("import jax.numpy as jnp\n_run.restore(params=(jnp.zeros(2),))\n")


@pytest.mark.frameworks
def test_a_tree_of_jax_in_a_dict_goes_on(project, run):
    body = (
        "import jax.numpy as jnp\n"
        "train = {'w': jnp.zeros(2), 'rate': 0}\n"
        "first = _run.restore(train=train)\n"
        "for step, _ in _run.track([0], stop=first + 2):\n"
        "    train['w'] = train['w'] + step\n"
        "return first, float(train['w'].sum())"
    )
    assert run(body).result == (0, 6.0)
    assert run(body, resume=True, code="current").result == (2, 20.0)
