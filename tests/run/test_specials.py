"""What arguments receive that begin with `_`."""

import forge


def test_specials_of_every_component(project):
    text = """
        import forge

        @forge.model
        def mlp(*, _run, _seed, _rng, _log, _config):
            assert _run is forge.current_run()
            assert _config is _run.config
            return [_seed, _rng.random(), _log.name]

        @forge.experiment
        def train(model=mlp, second: forge.Model = mlp, *, _seed):
            return model, second, _seed
        """
    run = project.load(text).train.run({"seed": 1}, record=False)
    first, second, own = run.result
    assert first[2] == "train.model"
    assert len({first[0], second[0], own}) == 3
    assert first[1] != second[1]


def test_without_a_run_there_is_one_that_records_nothing(project):
    text = """
        import forge

        @forge.model
        def mlp(*, _run, _log):
            return _run.id, _run.dir, _run.checkpoint(step=1, x=1), _log.name
        """
    built = forge.build(project.load(text).mlp)
    assert built == ("mlp", None, None, "forge")
