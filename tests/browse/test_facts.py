"""What the index keeps of a run, whatever stands in its folder."""

import json
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runfolders import make_run

from forge.browse.attributes import STORED
from forge.browse.facts import facts_of
from forge.records.layout import RunLayout
from forge.records.liveness import hold
from forge.records.processes import this_process


def attributes(folder, name: str = "train", number: int = 1) -> dict:
    return dict(zip(STORED, facts_of(str(folder), name, number).columns, strict=True))


def test_everything_that_lists_show(tmp_path) -> None:
    folder = make_run(
        tmp_path,
        config={"lr": 0.1, "git_commit": "f00"},
        summary={"loss": {"last": 0.5, "step": 7, "n": 3}},
        annotations={"tags": ["a", "b"], "note": "so so", "star": True},
        status="FAILED",
        error={"type": "ValueError", "message": "loss is nan"},
        host={"name": "big", "gpus": ["A100", "A100"]},
        parent={"kind": "sweep", "run": "train/sweeps/1"},
        result={"accuracy": {"train": 0.9}, "kind": "x"},
        label="third try",
    )
    found = attributes(folder)
    assert (
        found
        | {
            "id": "train/1",
            "status": "FAILED",
            "tags": '["a","b"]',
            "note": "so so",
            "star": 1,
            "archived": 0,
            "error": "ValueError: loss is nan",
            "gpu": "A100, A100",
            "sweep": "train/sweeps/1",
            "commit": "f00",
            "steps": 7,
            "trouble": None,
        }
        == found
    )
    facts = facts_of(str(folder), "train", 1)
    assert json.loads(facts.config) == {"lr": 0.1}
    assert json.loads(facts.result) == {"accuracy.train": 0.9, "kind": "x"}
    assert json.loads(facts.names) == [["lr"], ["loss"], ["accuracy.train", "kind"]]


def test_the_result_of_an_earlier_session_is_found_where_there_is_no_later(
    tmp_path,
) -> None:
    sessions = [
        {"started": "2026-01-01T00:00:00+00:00", "result": {"accuracy": 0.9}},
        {"started": "2026-01-02T00:00:00+00:00", "resumed": 5},
    ]
    folder = make_run(tmp_path, sessions=sessions, status="FAILED", result=None)
    found = json.loads(facts_of(str(folder), "train", 1).result)
    assert found == {"earlier.accuracy": 0.9}


def test_a_run_lives_as_long_as_its_process(tmp_path) -> None:
    me = this_process()
    facts = {"pid": me.pid, "pid_started": me.started, "boot": me.boot}
    facts |= {"pid_namespace": me.namespace, "host": {"name": os.uname().nodename}}
    folder = make_run(tmp_path, status="RUNNING", duration=None, **facts)
    with hold(RunLayout(folder)):
        assert attributes(folder)["status"] == "RUNNING"
    assert attributes(folder)["status"] == "DEAD"


def test_a_run_elsewhere_is_doubted_not_declared_dead(tmp_path) -> None:
    folder = make_run(tmp_path, status="RUNNING", pid=1, host={"name": "far"})
    found = attributes(folder)
    assert found["status"] == "RUNNING"
    assert found["doubt"] == "no heartbeat on far"


def test_folders_without_a_record(tmp_path) -> None:
    folder = tmp_path / "train" / "1"
    folder.mkdir(parents=True)
    assert attributes(folder)["trouble"].startswith("it is starting")
    long_ago = time.time() - 100
    os.utime(folder, (long_ago, long_ago))
    assert attributes(folder)["trouble"] == "it was aborted before its start"
    (folder / "run.json").write_text('{"uid": ')
    assert attributes(folder)["trouble"].startswith("run.json is unreadable: ")


def test_one_file_that_is_torn_leaves_the_others(tmp_path) -> None:
    folder = make_run(
        tmp_path, config={"lr": 1}, summary={"loss": {"last": 1, "step": 1}}
    )
    layout = RunLayout(folder)
    layout.flags.write_text('{"lr"')
    layout.annotations.mkdir()
    facts = facts_of(str(folder), "train", 1)
    found = attributes(folder)
    assert found["status"] == "COMPLETED"
    assert found["trouble"].count("unreadable") == 2
    assert json.loads(facts.config) == {}
    assert json.loads(facts.summary)["loss"]["last"] == 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(["tags", "py/object", "py/tuple", "last"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
_contents = st.binary(max_size=40) | _json.map(lambda v: json.dumps(v).encode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("any"))


@given(st.sampled_from(["flags", "summary", "annotations"]), _contents)
def test_any_file_of_a_run_may_hold_anything(folder, name: str, content: bytes) -> None:
    path = getattr(RunLayout(folder), name)
    before = path.read_bytes() if path.exists() else b"{}"
    path.write_bytes(content)
    facts = facts_of(str(folder), "train", 1)
    path.write_bytes(before)
    for document in (facts.config, facts.summary, facts.result):
        assert isinstance(json.loads(document), dict)


@given(
    st.sampled_from(
        [
            "status",
            "number",
            "started",
            "duration",
            "host",
            "git",
            "result",
            "error",
            "parent",
            "sessions",
            "label",
            "pid",
            "format",
            "goal",
            "user",
        ]
    ),
    _json,
)
def test_any_fact_of_a_run_may_be_anything(folder, key: str, value) -> None:
    path = RunLayout(folder).run
    before = path.read_text()
    path.write_text(json.dumps({**json.loads(before), key: value}))
    found = attributes(folder)
    path.write_text(before)
    assert found["id"] == "train/1"
    assert found["status"] or found["trouble"]


def test_deep_and_hostile_values(tmp_path) -> None:
    deep = "[" * 400 + "]" * 400
    folder = make_run(tmp_path)
    layout = RunLayout(folder)
    layout.flags.write_text(f'{{"deep": {deep}, "__proto__": "\\ud800", "n": 1e999}}')
    layout.summary.write_text('{"loss": {"last": "NaN", "step": 1, "min": null}}')
    facts = facts_of(str(folder), "train", 1)
    assert json.loads(facts.summary)["loss"]["last"] == "NaN"
    assert json.loads(facts.config).get("__proto__", "\\ud800") == "\\ud800"
