"""Filters as conditions of SQLite: the answer is that of looking at each run."""

import json
import time

import pytest
from filters import KEYS, Reference, expressions
from hypothesis import given, settings
from hypothesis import strategies as st
from runfolders import make_run

from forge.browse.grammar import parse
from forge.browse.index import Index
from forge.browse.sql import Known, Translator
from forge.errors import ForgeError


NOW = time.time()

CONFIGS = [
    {"lr": 0.1, "model": "cnn", "model.width": 1, "a b": [1, 0.5, "best", None]},
    {
        "lr": 1,
        "model": "mlp",
        "model.width": None,
        'q"\\': True,
        "optimizer.momentum": 1,
    },
    {
        "lr": "0.5",
        "model": True,
        "model.width": 2**70,
        "a b": {"x": 1},
        "git_commit": "c",
    },
    {"lr": "NaN", "model": "É", "é": 1e300, "loss": 0.5, 'q"\\': "in"},
    {"lr": -5, "model": "", "status": "FAILED", "a b": []},
    {"lr": False, "model": "nul\0l", "x" * 40: "y" * 5_000},
]
METRICS = [
    {"loss": {"last": "NaN", "step": 3, "n": 3}},
    {"loss": {"last": 0.5, "step": 3, "min": 0.1, "max": "Infinity", "n": 3}},
    {
        "lr": {"last": 1, "step": 5, "min": 1, "max": 1, "n": 1},
        'q"\\': {"last": 1, "step": 1},
    },
    {"loss": {"last": "-Infinity", "step": 1, "n": 1}},
]
RESULTS = [
    None,
    {"accuracy": 0.9, "loss": 1},
    0.5,
    {"a b": {"é": "best"}},
    [1, 2],
    "cnn",
]
NOTES = [
    {},
    {"tags": ["best", "É"], "note": "see\nbelow"},
    {"star": True},
    {"tags": [1]},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Some thirty runs, each of them odd in its own way."""
    root = tmp_path_factory.mktemp("results")
    for i in range(30):
        status = ["COMPLETED", "FAILED", "RUNNING", "INTERRUPTED"][i % 4]
        make_run(
            root,
            ["train", "other"][i % 2],
            i + 1,
            config=CONFIGS[i % len(CONFIGS)],
            summary=METRICS[i % len(METRICS)],
            result=RESULTS[(i // 2) % len(RESULTS)],
            annotations=NOTES[(i // 3) % len(NOTES)],
            status=status,
            label=[None, "best", "2026-11-05"][i % 3],
            duration=None if status == "RUNNING" else 60.0 * i,
            # On another machine, so that nobody can tell that it is dead.
            host={"name": "elsewhere"},
            parent={"kind": "sweep", "run": "s/1"} if i % 5 == 0 else None,
            git={"commit": "abc", "dirty": bool(i % 2)} if i % 3 else None,
        )
    (root / "train" / "101").mkdir()
    (root / "train" / "102").mkdir()
    (root / "train" / "102" / "run.json").write_text("{half")
    made = Index([root], root / "cache" / "index.sqlite")
    made.refresh()
    yield made
    made.close()


@settings(max_examples=300)
@given(expressions)
def test_the_answer_is_that_of_looking_at_each_run(index, expression) -> None:
    rows = index.find()
    documents = index.documents(rows)
    assert len(rows) == 32
    try:
        condition = Translator(index.known(), NOW).condition(expression)
    except ForgeError as error:
        assert error.code == "bad-filter"
        return
    expected = [
        row.id
        for row, found in zip(rows, documents, strict=True)
        if Reference(row.attributes, found, documents, NOW).holds(expression)
    ]
    assert [row.id for row in index.find(condition)] == expected
    assert index.count(condition) == len(expected)


def found(index, text: str) -> set[int]:
    condition = Translator(index.known(), NOW).condition(parse(text))
    return {row.attributes["number"] for row in index.find(condition)}


def test_what_people_ask(index) -> None:
    every = found(index, "id is defined")
    assert found(index, "started > 2026-11-05") > found(index, "started = 2026-11-06")
    assert found(index, "started = 2026-11-06") == {5}
    assert found(index, "status = failed") == {2, 6, 10, 14, 18, 22, 26, 30}
    assert found(index, "duration >= 29m and status != running") == {30}
    both = found(index, "tags contains BEST and tags contains é")
    assert both == found(index, "best and not label = best and tags is defined") | (
        both & found(index, "label = best")
    )
    assert found(index, "loss = nan") | found(index, "loss != nan") == found(
        index, "loss is defined"
    )
    assert found(index, "summary.loss.max > 1e300") == found(
        index, "summary.loss.max = inf"
    )
    assert (
        found(index, "momentum = 1") == found(index, "optimizer.momentum = 1") != set()
    )
    assert found(index, "width = 1") == found(index, "model.width == 1")
    assert found(index, "trouble is defined") == {101, 102}
    assert found(index, "lr = 0.5") == found(index, "lr = '0.5'") != set()
    assert found(index, "star") == set()
    assert found(index, "star = true") <= every
    assert found(index, "nowhere = 1 or nowhere != 1 or nowhere is defined") == set()
    assert found(index, "not nowhere = 1") == every


def test_values_and_names_are_bound_and_never_part_of_the_statement() -> None:
    hostile = "x'); DROP TABLE runs; --"
    for key in [*KEYS, hostile]:
        quoted = json.dumps(key, ensure_ascii=False)
        text = f'config.{quoted} == "{hostile}" and "{hostile}"'
        made = Translator(Known(), 0.0).condition(parse(text))
        assert "DROP" not in made.sql
        assert made.sql.count("?") == len(made.parameters)


def test_long_filters_are_not_too_deep_for_sqlite(index) -> None:
    assert found(index, " or ".join(["zz"] * 600)) == set()
    assert found(index, f"lr in [{','.join(['1'] * 1500)}]") == found(index, "lr = 1")


def test_what_cannot_be_compared(message) -> None:
    for name, text in {
        "attribute": "run.stats == 1",
        "time": "started > soon",
    }.items():
        with pytest.raises(ForgeError) as caught:
            Translator(Known(), 0.0).condition(parse(text))
        assert caught.value.code == "bad-filter"
        message(f"bad-filter-{name}", str(caught.value))


@given(st.text(max_size=20))
def test_any_text_is_a_condition_or_an_error(index, text: str) -> None:
    try:
        found(index, text)
    except ForgeError as error:
        assert error.code == "bad-filter"


def test_nan_is_no_text(index) -> None:
    assert found(index, "loss = nan") != set()
    for text in ("loss < zebra", "loss > A", "loss ~ a", "summary.loss ~ nan"):
        assert found(index, text) & found(index, "loss = nan") == set(), text


def test_numbers_in_lists(index) -> None:
    lists = found(index, 'config."a b" = [1, 0.5, best, none]')
    assert lists == found(index, 'config."a b" = [1.0, .5, best, none]') != set()
    assert lists == found(index, 'config."a b" contains 1.0')
    assert found(index, 'config."a b" = [true, 0.5, best, none]') == set()


def test_spans_and_sizes(index) -> None:
    assert found(index, "duration > 25m30s") == found(index, "duration > 1530") != set()
    every = found(index, "size >= 0")
    assert found(index, "run.size < 1MB") == every
    assert found(index, "run.size > 1MB") == set()
    with pytest.raises(ForgeError, match="no status"):
        found(index, "status in [dead, daed]")
