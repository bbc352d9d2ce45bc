"""Components built alone, and the run that is under way."""

import pytest

import forge


NETS = """
import forge

@forge.dataset
def toy(n=3):
    return {"n_in": n}

@forge.model
def dense(n_out, n_hidden=4, *, _seed, _rng, _config, _log, _run):
    _run.log(built=1)
    assert _run.dir is None
    return [n_out, n_hidden, _seed, _rng.random(), _log.name, _config["seed"]]

@forge.model
def vae(shape, n_latent=2, encoder=forge.slot(
    dense, n_out=forge.derived(lambda n_latent: 2 * n_latent)
)):
    return shape, n_latent, encoder

@forge.model
def fitted(dataset, n_in, width=2):
    return n_in, width
"""


@pytest.fixture(name="nets")
def _nets(project):
    return project.load(NETS)


def test_build_fills_what_is_not_given(nets):
    shape, n_latent, encoder = forge.build(nets.vae, shape=(28, 28), n_latent=8)
    assert (shape, n_latent) == ((28, 28), 8)
    assert encoder[:2] == [16, 4]


def test_a_plain_call_of_a_component_fills_what_is_special(nets):
    n_out, n_hidden, seed, _, name, drawn = nets.dense(3)
    assert (n_out, n_hidden, name, seed) == (3, 4, "dense", drawn)
    # What the caller passes is taken as it is, by name or by position.
    assert nets.dense(3, _seed=7)[2] == 7
    with pytest.raises(TypeError, match="'n_out'"):
        nets.dense()


def test_build_takes_deeper_values_by_full_name(nets):
    values = {"encoder.n_hidden": 9, "seed": 5}
    assert forge.build(nets.vae, shape=1, **values)[2][1] == 9
    first = forge.build(nets.vae, shape=1, **values)
    assert forge.build(nets.vae, shape=1, **values) == first


def test_build_builds_the_datasets_a_component_declares(nets):
    assert forge.build(nets.fitted, dataset=nets.toy, width=7) == (3, 7)


def test_build_of_what_is_no_component(message):
    with pytest.raises(forge.ForgeError) as found:
        forge.build(len)
    message("not-a-component", str(found.value))


def test_a_mistake_in_what_build_is_given(nets, message):
    with pytest.raises(forge.ForgeError) as found:
        forge.build(nets.vae, shape=1, n_latnt=3)
    message("unknown-key-build", str(found.value))
    with pytest.raises(forge.ForgeError) as found:
        forge.build(nets.vae)
    message("missing-build", str(found.value))


def test_there_is_no_current_run_outside_of_runs():
    assert forge.current_run() is None


def test_the_current_run_is_the_one_that_is_injected(project):
    text = """
        import forge

        @forge.experiment
        def train(*, _run):
            return forge.current_run() is _run
        """
    assert project.load(text).train.run(record=False).result is True
    assert forge.current_run() is None
