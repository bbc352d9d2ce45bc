"""What a body can do with `_run`."""

import json
import math

import pytest

import forge


QUIET = {"quiet": True, "capture": "no"}


def test_logged_metrics_are_on_disk_when_the_call_returns(project, run):
    run(
        "_run.log(loss=0.5, step=3)\n"
        "line = (_run.dir / 'metrics.jsonl').read_text()\n"
        "assert '\"loss\":0.5' in line and '\"step\":3' in line, line"
    )


def test_log_takes_names_mappings_and_nests(project, run):
    run(
        "_run.log({'train': {'loss': 1, 'acc': 0.5}, 'a b': 2}, lr=0.1, step=1)\n"
        "_run.log_scalar('single', 4, 2)\n"
        "_run.log_scalar('counted', 5)\n"
        "_run.log_scalar('counted', 6)\n"
        "_run.log(loss=float('nan'), other=float('-inf'), step=2)\n"
        "_run.log({}, step=9)"
    )
    metrics = project.record().metrics
    assert metrics["train/loss"].values == (1,)
    assert metrics["train/acc"].last == 0.5
    assert metrics["a b"].last == 2
    assert metrics["lr"].steps == (1,)
    assert metrics["single"].steps == (2,)
    assert len(set(metrics["counted"].steps)) == 2
    assert math.isnan(metrics["loss"].last)
    assert metrics["other"].last == -math.inf
    assert metrics.bad_lines == 0


def test_the_same_step_twice_is_kept_twice(project, run):
    run("_run.log(loss=1, step=1)\n_run.log(loss=2, step=1)")
    assert project.record().metrics["loss"].values == (1, 2)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("text", "_run.log(loss='0.5')"),
        ("list", "_run.log(loss=[1])"),
        ("none", "_run.log({'a': {'b': None}})"),
        ("reserved", "_run.log(time=1.0)"),
        ("complex", "_run.log(loss=1j)"),
        ("nameless", "_run.log(0.5, step=1)"),
        ("nothing", "_run.log(0)"),
        ("word", "_run.log('loss')"),
        ("class", "_run.log(dict)"),
        ("checkpoint", "_run.checkpoint(step=1, w=[1], metrics=0.5)"),
        ("checkpoint-text", "_run.checkpoint(step=1, w=[1], metrics={'a': '1'})"),
        ("checkpoint-zero", "_run.checkpoint(step=1, w=[1], metrics=0)"),
    ],
)
def test_what_is_no_number_is_refused_by_name(run, message, name, call):
    with pytest.raises(forge.ForgeError) as found:
        run(call, record=False)
    assert found.value.code == "bad-metric"
    message(f"bad-metric-{name}", str(found.value))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("log", "_run.log(loss=1, step=1.5)"),
        ("checkpoint", "_run.checkpoint(step='3', w=[1])"),
        ("track", "list(_run.track([1], stop='3'))"),
    ],
)
def test_a_step_that_is_no_whole_number_is_refused(run, message, name, call):
    with pytest.raises(forge.ForgeError) as found:
        run(call)
    assert found.value.code == "bad-step"
    message(f"bad-step-{name}", str(found.value))


def test_a_step_may_be_any_whole_number(project, run):
    run(
        "import numpy as np\n"
        "_run.log(loss=1, step=np.int64(7))\n"
        "assert _run.last_step == 7"
    )
    assert project.record().metrics["loss"].steps == (7,)


def test_info_is_kept_as_json(project, run):
    run("_run.info['a'] = {'b': (1, 2)}\n_run.info['c'] = None")
    info = json.loads((project.folder / "results/train/1/info.json").read_text())
    assert info["a"]["b"] in ([1, 2], {"py/tuple": [1, 2]})


def test_notes_and_tags(project, run):
    done = run(
        "_run.note('a remark')\n_run.tag('x', 'y')\n_run.tag('x')", tags=["first"]
    )
    record = project.record()
    assert record.tags == ("first", "x", "y")
    assert "a remark" in (record.dir / "annotations.json").read_text()
    assert done.notes == []


def test_artifacts_of_every_kind(project, run):
    (project.folder / "plot.png").write_bytes(b"png")
    (project.folder / "folder").mkdir()
    run(
        "_run.artifact('plot.png')\n"
        "_run.artifact('plot.png', 'again.png')\n"
        "_run.artifact(b'bytes', 'raw.bin')\n"
        "_run.artifact({'a': [1, 2]}, 'table.json')"
    )
    folder = project.record().layout.artifacts
    assert (folder / "plot.png").read_bytes() == b"png"
    assert (folder / "again.png").read_bytes() == b"png"
    assert (folder / "raw.bin").read_bytes() == b"bytes"
    assert json.loads((folder / "table.json").read_text()) == {"a": [1, 2]}


def test_resources_are_noted_with_size_and_hash(project, run):
    (project.folder / "data.txt").write_text("1 2 3")
    done = run("with open(_run.resource('data.txt')) as f:\n    return f.read()")
    assert done.result == "1 2 3"
    text = (project.record().dir / "resources.json").read_text()
    assert "data.txt" in text
    assert '"size": 5' in text


def test_the_config_of_a_run_is_read_only(run, message):
    with pytest.raises(forge.ForgeError) as found:
        run("_run.config['x'] = 2", record=False)
    message("frozen", str(found.value))


def test_a_run_knows_itself(project, run):
    done = run(
        "assert _run.id == 'train/1' and _run.number == 1\n"
        "assert str(_run.status) == 'RUNNING'\n"
        "assert repr(_run) == '<forge.Run train/1 RUNNING>'\n"
        "assert _run.config['x'] == 1 and _run.seed == _run.config['seed']\n"
        "assert 0 <= _run.elapsed < 60\n"
        "assert _run.rng is _run.rng\n"
        "assert _run.logger.name == 'train'\n"
        "assert forge.current_run() is _run\n"
        "assert _run.stopping is False"
    )
    assert done.injected == {}


def test_injected_values_are_at_hand_and_recorded(project):
    text = """
        import forge

        @forge.dataset
        def toy():
            return {"n_in": 3, "xs": [[1], [2]], "name": "toy", "big": object()}

        @forge.model
        def mlp(n_in, xs, big, depth=forge.derived(lambda n_in: n_in + 1)):
            return [n_in, depth]

        @forge.experiment
        def train(dataset, model=mlp, *, _run):
            assert _run.injected["model.n_in"].value == 3
            assert _run.injected["model.n_in"].origin == "dataset.n_in"
            return model
        """
    run = project.load(text).train.run(**QUIET)
    assert run.result == [3, 4]
    injected = project.record().run.injected
    assert injected["model.n_in"].value == 3
    assert injected["model.n_in"].origin == "dataset.n_in"
    assert "model.big" not in injected


def test_unused_and_conflicting_entries_of_a_dataset_are_noted(project):
    text = """
        import forge

        @forge.dataset
        def toy():
            return {"width": object()}

        @forge.model
        def mlp(width=4):
            return [width]

        @forge.experiment
        def train(dataset, model=mlp):
            return model
        """
    run = project.load(text).train.run(**QUIET)
    assert run.result == [4]
    (note,) = project.record().run.notes
    assert "dataset returned 'width', which model.width does not use" in note
    assert run.notes == [note]


@pytest.mark.frameworks
def test_scalars_of_frameworks_are_logged(project, run):
    run(
        "import tensorflow as tf\n"
        "_run.log(a=tf.constant(0.5), b=tf.Variable(2), step=tf.constant(4))"
    )
    metrics = project.record().metrics
    assert metrics["a"].last == 0.5
    assert metrics["b"].last == 2
    assert metrics["a"].steps == (4,)


@pytest.mark.frameworks
def test_tensors_that_are_no_scalars_are_refused(run, message):
    with pytest.raises(forge.ForgeError) as found:
        run("import tensorflow as tf\n_run.log(loss=tf.zeros([2, 3]))", record=False)
    text = str(found.value)
    message("bad-metric-tensor", text)


def test_several_tags_may_stand_in_one_word(project, run):
    run("_run.tag('a,b', 'c')", tags=["d,e"])
    assert sorted(project.record().tags) == ["a", "b", "c", "d", "e"]
