"""What run.json says of a run that begins."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace
from projects import TRAIN

import forge
from forge.run.facts import injected_facts, now


QUIET = {"quiet": True, "capture": "no"}


def test_of_the_environment_only_what_was_asked_for_is_recorded(project, monkeypatch):
    train = project.load(TRAIN).train
    train.run(presets=["tiny"], **QUIET)
    monkeypatch.setenv("FORGE_ENVIRONMENT", " SLURM_*, PROXY,,API_KEY, NOT_SET")
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("SLURM_NODE", "gpu \udcff")
    monkeypatch.setenv("PROXY", "http://me:word@proxy:80")
    monkeypatch.setenv("API_KEY", "0123456789abcdef")
    train.run(presets=["tiny"], **QUIET)
    assert project.record("train/1").run.environment == {}
    assert project.record("train/2").run.environment == {
        "API_KEY": "***",
        "PROXY": "http://me:***@proxy:80",
        "SLURM_JOB_ID": "17",
        "SLURM_NODE": "gpu \udcff",
    }


def test_times_are_in_utc_with_their_offset():
    found = datetime.fromisoformat(now())
    assert found.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - found) < timedelta(seconds=5)


def test_the_first_state_says_who_what_where_and_how(project):
    project.load(TRAIN).train.run({"n": 5}, **QUIET, label="first", argv=["a", "b"])
    facts = json.loads((project.folder / "results/train/1/run.json").read_text())
    assert facts["format"] == 1
    assert len(facts["uid"]) == 32
    assert (facts["name"], facts["number"], facts["label"]) == ("train", 1, "first")
    assert facts["argv"] == ["a", "b"]
    assert facts["cwd"] == str(project.folder)
    assert facts["main"] == "train"
    assert facts["pid"] == os.getpid()
    assert facts["python"] == ".".join(map(str, sys.version_info[:3]))
    assert facts["rebuildable"] is True
    assert [c["path"] for c in facts["components"]] == ["", "dataset", "model"]
    assert [c["name"] for c in facts["components"]] == ["train", "toy", "mlp"]
    assert [c["kind"] for c in facts["components"]] == [
        "experiment",
        "dataset",
        "model",
    ]
    assert {c["file"] for c in facts["components"]} == {"train.py"}
    assert len({c["sha256"] for c in facts["components"]}) == 1
    assert facts["injected"] == {"model.n_in": {"value": 5, "origin": "dataset.n_in"}}
    assert facts["seeds"].keys() == {"", "dataset", "model"}
    (session,) = facts["sessions"]
    assert session["started"] == facts["started"]
    assert session["ended"] == facts["ended"]
    assert session["status"] == "COMPLETED"


def test_a_resumed_run_keeps_how_it_began(project):
    train = project.load(TRAIN).train
    train.run({"steps": 2}, **QUIET, argv=["first"], tags=["a"])
    before = project.record().run
    train.run({"steps": 4}, resume=True, **QUIET, argv=["second"])
    after = project.record().run
    for name in ("uid", "number", "started", "argv", "cwd", "components", "injected"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.duration >= before.duration
    assert [s.argv for s in after.sessions] == [("first",), ("second",)]
    (first,) = before.sessions
    # What it returned stays with it; the run's result is that of the later one.
    assert after.sessions[0] == replace(first, result=before.result)


def test_components_of_other_files_and_outside_of_the_project(project, tmp_path):
    net = "import forge\n\n@forge.model\ndef net(n_in):\n    return [n_in]\n"
    project.write(net, "nets/inner.py")
    outside = tmp_path / "outside.py"
    outside.write_text(net)
    train = project.load(
        TRAIN.replace('model["w"][0] += 1', "pass").replace('model["w"][0]', "1")
    ).train
    train.run({"model": "nets/inner.py"}, **QUIET)
    train.run({"model": str(outside)}, **QUIET)
    inner, outer = (project.record(f"train/{n}").run.components[-1] for n in (1, 2))
    assert inner.file == "nets/inner.py"
    assert outer.file.startswith("_outside/")
    assert outer.file.endswith("outside.py")
    for n, fact in ((1, inner), (2, outer)):
        copy = project.record(f"train/{n}").layout.sources / fact.file
        assert copy.read_text() == net
    outside.unlink()
    for n in (1, 2):
        exp = forge.Experiment.load(f"train/{n}")
        assert exp.model == [3]
        exp.close()


def test_a_secret_is_one_by_whatever_name_it_is_handed_on():
    facts = injected_facts(
        {
            "model.word": ("hunter2", "dataset.word"),
            "model.other": ("hunter", "dataset.other"),
            "model.api_key": ("abc", "dataset.api_key"),
        },
        {"dataset.password": "hunter2", "n": 3, "sizes": [1]},
    )
    values = {k: f.value for k, f in facts.items()}
    assert values == {
        "model.word": "***",
        "model.other": "hunter",
        "model.api_key": "***",
    }


def test_injected_values_that_are_no_plain_scalars_are_left_out():
    import numpy as np

    facts = injected_facts(
        {
            "model.n": (np.int64(3), "dataset.n"),
            "model.shape": ((2, np.int32(3)), "dataset.shape"),
            "model.data": (np.zeros(3), "dataset.data"),
            "model.lr": (0.5, "derived at build"),
            "model.none": (None, "dataset.none"),
        },
        {},
    )
    assert {k: f.value for k, f in facts.items()} == {
        "model.n": 3,
        "model.shape": [2, 3],
        "model.lr": 0.5,
        "model.none": None,
    }


def test_a_value_that_json_cannot_express_stops_no_run(project):
    project.write(
        """
        import forge

        @forge.experiment
        def train(number=1 + 2j):
            return number.imag

        if __name__ == "__main__":
            train.main()
        """
    )
    project("--quiet")
    assert project.record().result == 2.0
