"""Values of a config that JSON cannot express, in runs that are loaded and resumed."""

import datetime as dt
import json
import pickle
import sys

import pytest

import forge
from forge.errors import ForgeError


SCRIPT = """\
import datetime, math, subprocess
from collections import ChainMap

import forge


class Size:
    def __init__(self, n=2, name="NaN", most=math.inf):
        self.n, self.name, self.most = n, name, most

    def __eq__(self, other):
        return isinstance(other, Size) and vars(self) == vars(other)


@forge.model
def net(
    size=Size(),
    since=datetime.date(2020, 1, 2),
    c=1 + 2j,
    other=ChainMap({"a": 1}),
    scale=None,
):
    return {"n": size.n, "name": size.name, "year": since.year, "c": c.imag}


@forge.experiment
def train(model, fail_at=0, *, _run: forge.Run):
    _run.restore(model=model)
    for step, _ in _run.track(range(3), stop=3):
        _run.checkpoint()
        if step == fail_at:
            raise ValueError("stopped")
    return model


@train.preset
def large():
    return {"model.size": Size(9, "Infinity"), "model.since": datetime.date(1999, 1, 1)}


if __name__ == "__main__":
    train.main()
"""


@pytest.fixture(name="made")
def _made(project):
    project.write(SCRIPT)
    return project


def test_a_loaded_run_has_the_values_that_it_had(made, load):
    made("--quiet", "with", "large")
    exp = load("train/1")
    assert exp.model == {"n": 9, "name": "Infinity", "year": 1999, "c": 2.0}
    assert exp.config["model.since"] == dt.date(1999, 1, 1)
    assert exp.config["model.other"]["a"] == 1
    size = exp.config["model.size"]
    assert type(size).__module__.startswith("forge._runs.")
    assert (size.name, size.most) == ("Infinity", float("inf"))


def test_a_resumed_run_has_the_values_that_it_had(made):
    made("--quiet", "with", "large", "fail_at=2", expect=1)
    made("--quiet", "--resume", "with", "fail_at=0")
    record = made.record()
    assert record.result == {"n": 9, "name": "Infinity", "year": 1999, "c": 2.0}
    assert {*record.run.sessions[1].changes} == {"fail_at"}


@pytest.mark.parametrize(
    "name",
    [
        "subprocess.Popen",
        "train.subprocess.Popen",
        "__main__.subprocess.Popen",
        "train.net",
        "train.nothing",
        "nowhere.Size",
        "",
    ],
)
def test_a_value_may_ask_for_no_class_but_the_runs_own(made, load, name):
    made("--quiet")
    path = made.record().layout.flags
    flags = json.loads(path.read_bytes())
    mark = made.folder / "ran"
    flags["model.size"] = {
        "py/object": name,
        "py/newargs": {"py/tuple": [["touch", str(mark)]]},
    }
    path.write_text(json.dumps(flags), encoding="utf-8")
    exp = load("train/1", trust=True)
    with pytest.raises(ForgeError) as caught:
        exp.model  # noqa: B018 - it is refused
    assert caught.value.code == "bad-value"
    assert f"asks for '{name}'" in str(caught.value)
    assert not mark.exists()


def test_what_was_only_described_is_as_the_code_has_it(made, load):
    made("--quiet")
    path = made.record().layout.flags
    flags = json.loads(path.read_bytes())
    flags["model.scale"] = {"forge/text": "<something>"}
    path.write_text(json.dumps(flags), encoding="utf-8")
    exp = load("train/1", trust=True)
    assert exp.config["model.scale"] is None
    assert exp.config.notes == (
        "model.scale was not written down with the run; using today's default None",
    )


def test_libraries_that_look_modules_up_find_those_of_an_activated_run(made, load):
    made("--quiet", "with", "large")
    exp = load("train/1")
    data = pickle.dumps(exp.config["model.size"], protocol=0)
    plain = data.replace(type(exp.config["model.size"]).__module__.encode(), b"train")
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(plain)
    with exp.activated():
        assert pickle.loads(plain) == exp.config["model.size"]
    assert "train" not in sys.modules
    made.load(SCRIPT)
    with forge.Experiment.load("train/1", code="current").activated() as nothing:
        assert nothing is None
