"""Words of Sacred's, without Sacred."""

import datetime as dt
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.observers.translation import (
    error_of,
    flags_of,
    git_of,
    iso,
    logged,
    manifest_of,
    sources_of,
)
from forge.records.plain import not_finite


NOON = dt.datetime(2026, 11, 20, 12)  # noqa: DTZ001 - as Sacred says it

keys = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=5)
# Those that read like numbers are marked, so that they come back as texts.
texts = st.text(max_size=5).filter(lambda text: not_finite(text) is None)
configs = st.dictionaries(
    keys,
    st.recursive(
        st.none() | st.integers() | texts | st.lists(st.integers()),
        lambda inner: st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def columns(*rows):
    """Columns as Sacred has them: step, value, seconds after noon."""
    steps, values, seconds = zip(*rows, strict=True)
    return {
        "steps": list(steps),
        "values": list(values),
        "timestamps": [NOON + dt.timedelta(seconds=s) for s in seconds],
    }


def nested(flat):
    """Take dotted keys apart again."""
    tree = {}
    for key, value in flat.items():
        *groups, last = key.split(".")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return tree


@given(configs)
def test_a_flat_config_says_all_that_the_nested_one_did(config):
    flags = flags_of(config, "c0ffee")
    assert flags.pop("git_commit") == "c0ffee"
    assert nested(flags) == config
    assert json.loads(json.dumps(flags)) == flags


def test_secrets_are_left_out_of_the_config():
    assert flags_of({"db": {"password": "hunter2"}}, None)["db.password"] == "***"


def test_moments_are_in_utc_and_say_so():
    assert iso(NOON) == "2026-11-20T12:00:00.000+00:00"


def test_measurements_come_in_the_order_in_which_they_were_made():
    metrics = {
        "loss": columns((0, 1.0, 1), (5, 0.5, 3)),
        "accuracy": columns((0, 0.25, 2)),
    }
    events, odd = logged(metrics, NOON)
    assert odd == []
    assert [(e.step, e.time, e.metrics) for e in events] == [
        (0, 1.0, {"loss": 1.0}),
        (0, 2.0, {"accuracy": 0.25}),
        (5, 3.0, {"loss": 0.5}),
    ]


@given(st.lists(st.tuples(st.integers(), st.floats(), st.floats(0, 1e6))))
def test_no_measurement_is_lost(rows):
    events, odd = logged({"m": columns(*rows)} if rows else {}, NOON)
    assert odd == []
    told = [(e.step, e.metrics["m"]) for e in events]
    assert len(told) == len(rows)
    assert sum(math.isnan(value) for _, value in told) == sum(
        math.isnan(value) for _, value, _ in rows
    )
    assert sorted(step for step, _ in told) == sorted(step for step, _, _ in rows)


def test_what_is_no_number_is_named_and_left_out():
    metrics = {
        "phase": columns((0, "warm-up", 0), (1, "main", 1)),
        "n": columns((0, 3, 0)),
    }
    events, odd = logged(metrics, NOON)
    assert odd == ["phase"]
    assert [e.metrics for e in events] == [{"n": 3}]


def test_the_repository_is_told_without_its_password():
    url = "https://anna:secret@example.org/repo.git"
    info = {"repositories": [{"url": url, "commit": "c0ffee", "dirty": True}]}
    git = git_of(info)
    assert (git.commit, git.dirty) == ("c0ffee", True)
    assert "secret" not in git.remote
    assert git_of({"repositories": []}) is None


def test_sources_below_the_base_folder_are_copied(tmp_path):
    base = tmp_path / "project"
    (base / "pkg").mkdir(parents=True)
    (base / "pkg" / "a.py").write_text("a = 1\n")
    (base / ".env").write_text("TOKEN=1\n")
    (tmp_path / "outside.py").write_text("b = 2\n")
    info = {
        "base_dir": str(base),
        "mainfile": "pkg/a.py",
        "dependencies": ["numpy==2.0"],
        "sources": [
            # Another observer of Sacred's puts its own path beside each name.
            ["pkg/a.py", "_sources/a_0.py"],
            ("../outside.py", "1"),
            (str(tmp_path / "outside.py"), "1"),
            (".env", "2"),
            ("gone.py", "3"),
        ],
    }
    copies = sources_of(info)
    assert [(copy.path, copy.data) for copy in copies] == [("pkg/a.py", b"a = 1\n")]
    said = manifest_of(copies, info)
    assert said["files"] == {"pkg/a.py": copies[0].sha256}
    assert said["packages"] == {"numpy": "2.0"}
    assert said["main"] == {"module": "a", "path": "pkg/a.py"}
    assert said["rebuildable"] is False


@pytest.mark.parametrize(
    ("trace", "error", "told"),
    [
        (["…"], KeyError("x"), ("KeyError", "'x'")),
        (["Traceback\n", "ValueError: a: b\n"], None, ("ValueError", "a: b")),
        (["Traceback\n", "pkg.errors.Odd\n"], None, ("Odd", "")),
        ([], None, ("Exception", "")),
    ],
)
def test_the_error_is_named(trace, error, told):
    fact = error_of(trace, error)
    assert (fact.type, fact.message) == told
