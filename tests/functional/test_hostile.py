"""Hostile and broken run folders, read by everything that reads run folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile.damages import JSON_FILES
from hostile.survey import SCRIPT
from projects import Project


#: The survey takes half a minute, and is made once where its tests stay together.
pytestmark = pytest.mark.xdist_group("hostile")

TESTS = Path(__file__).parents[1]

#: The longest line of a message, and what says that it was longer.
LONGEST = 2_100

#: What a reader must say, for all cases that begin like this.
REFUSED = {
    "sources: altered": {"rebuild": "source-altered", "load": "source-altered"},
    "sources: appended": {"rebuild": "source-altered", "load": "source-altered"},
    "sources: missing": {"rebuild": "source-missing"},
    "sources: huge": {"rebuild": "source-altered"},
    "sources: a pipe": {"rebuild": "source-missing"},
    "sources: a link out": {"rebuild": "source-path"},
    "sources: the same elsewhere": {"rebuild": "source-path"},
    "sources: up": {"rebuild": "source-path"},
    "sources: absolute": {"rebuild": "source-path"},
    "sources: roots up": {"rebuild": "source-path"},
    "sources: planted": {"rebuild": "fine"},
    "run: sources up": {"rebuild": "run-unreadable", "load": "run-unreadable"},
    "run: sources absolute": {"rebuild": "run-unreadable"},
    "run: a component of the system": {"rebuild": "no-experiment"},
    "run: a component elsewhere": {"rebuild": "not-stored"},
    "run: its result": {"record": "fine"},
    "flags.json: missing": {"record": "fine", "rebuild": "run-unreadable"},
    "flags.json: calls": {"record": "fine", "rebuild": "bad-value"},
    "metrics.jsonl: huge": {"record": "fine"},
    "run.json: huge": {"record": "run-unreadable"},
    "run.json: a device": {"record": "run-unreadable", "store": "no-run"},
    "checkpoint: bit": {"restore": "checkpoint-damaged"},
    "checkpoint: file": {"restore": "checkpoint-damaged"},
    "checkpoint: entry up": {"restore": "checkpoint-damaged"},
    "checkpoint: slot up": {"rebuild": "checkpoint-damaged"},
    "checkpoint: files left out": {"restore": "checkpoint-damaged"},
    "tree: objects": {"restore": "checkpoint-damaged"},
    "tree: a shape": {"restore": "checkpoint-damaged"},
    "tree: calls": {"tree": "fine"},
    "arrays: a header": {"restore": "checkpoint-damaged"},
    "arrays: offsets": {"restore": "checkpoint-damaged"},
}


@pytest.fixture(scope="module", name="genuine")
def _genuine(tmp_path_factory):
    """A run folder that nobody has touched."""
    project = Project(tmp_path_factory.mktemp("hostile") / "project")
    project.write(SCRIPT)
    project()
    return project.folder / "results/train/1"


@pytest.fixture(scope="module", name="found")
def _found(genuine, tmp_path_factory):
    """What every reader made of every case, under a key that signed none of them."""
    place = tmp_path_factory.mktemp("place")
    done = subprocess.run(
        [sys.executable, "-m", "hostile.survey", str(genuine), str(place)],
        env={
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "FORGE_KEY_FILE": str(place.parent / "another-key"),
            "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        },
        stdout=subprocess.PIPE,
        check=True,
        cwd=place,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_file_of_a_run_that_holds_json_is_damaged(genuine):
    there = {
        path.relative_to(genuine).as_posix()
        for path in genuine.rglob("*.json*")
        if "artifacts" not in path.parts
    }
    assert there == {*JSON_FILES}


def test_a_genuine_run_is_read_by_all(found):
    codes = {row["reader"]: row["code"] for row in found if row["case"] == "genuine"}
    assert codes.pop("load") == "untrusted"
    assert {*codes.values()} == {"fine"}


def test_whatever_is_in_a_folder_ends_in_an_error_for_users_or_in_none(found):
    crashes = {
        (r["case"], r["reader"]): r["text"] for r in found if r["code"] == "CRASH"
    }
    assert crashes == {}


def test_no_reader_runs_writes_or_connects_anything(found):
    seen = {(r["case"], r["reader"]): r["seen"] for r in found if r["seen"]}
    assert seen == {}


def test_no_reader_takes_more_memory_than_a_file_may_have(found):
    grown = {(r["case"], r["reader"]): r["grew"] for r in found if r["grew"] > 400}
    assert grown == {}


def test_no_message_moves_the_cursor_or_fills_the_screen(found):
    odd = {}
    for row in found:
        lines = row["text"].split("\n")
        if not all(line.isprintable() and len(line) <= LONGEST for line in lines):
            odd[row["case"], row["reader"]] = row["text"][:200]
    assert odd == {}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_said(found, case):
    rows = [row for row in found if row["case"].startswith(case)]
    for reader, code in REFUSED[case].items():
        assert {row["code"] for row in rows if row["reader"] == reader} == {code}
