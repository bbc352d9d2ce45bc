"""What a power cut would leave: the order in which things are put on the disk."""

import json
import os
from pathlib import Path

import pytest

from forge.records.layout import RunLayout


SCRIPT = """\
import json, os

calls = []


def traced(name):
    real = getattr(os, name)

    def call(first, *others):
        number = isinstance(first, int)
        place = os.readlink(f"/proc/self/fd/{first}") if number else first
        real(first, *others)
        calls.append([name, *map(os.path.abspath, (place, *others))])

    setattr(os, name, call)


for name in ("fsync", "fdatasync", "replace", "rename"):
    traced(name)

import forge


@forge.experiment
def train(fails=False, *, _run: forge.Run):
    _run.log(loss=1.0, step=1)
    _run.info["key"] = 1
    _run.tag("tag")
    _run.artifact({"a": 1}, "plots/a.json")
    _run.artifact(__file__, "copy.py")
    _run.resource(__file__)
    _run.checkpoint(step=1, weights=[0.5])
    import late
    _run.log(loss=2.0, step=2)
    if fails:
        raise ValueError("on purpose")


if __name__ == "__main__":
    try:
        train.main()
    finally:
        with open("calls.json", "w") as file:
            json.dump(calls, file)
"""


@pytest.fixture(params=[False, True])
def calls(request, project):
    """Run to the end, and list what was flushed and renamed, in order."""
    project.write(SCRIPT)
    project.write("late = 1\n", "late.py")
    project("-q", "with", f"fails={request.param}", expect=int(request.param))
    return json.loads((project.folder / "calls.json").read_text())


@pytest.fixture
def layout(project):
    return RunLayout(project.folder / "results/train/1")


def renames(calls):
    """List each rename with its place in the order."""
    return [(i, *call[1:]) for i, call in enumerate(calls) if len(call) == 3]


def test_a_name_is_given_to_what_is_on_the_disk(calls, layout):
    # A run that has just begun replaces nothing, and has nothing to lose.
    first = {str(layout.flags), str(layout.run)}
    for i, source, target in renames(calls):
        before = [call[1] for call in calls[:i] if call[0] == "fsync"]
        if target in first:
            first.remove(target)
            continue
        assert source in before, target
        # A folder is renamed when everything in it is on the disk.
        for path in Path(target).rglob("*"):
            inside = Path(source, path.relative_to(target))
            assert path.is_dir() or str(inside) in before, path


def test_what_a_run_begins_with_is_on_the_disk_before_its_final_state(calls, layout):
    last = renames(calls)[-1][0]
    flushed = [call[1] for call in calls[:last] if call[0] == "fsync"]
    assert {str(layout.flags), str(layout.trust)} <= {*flushed}
    # The state itself is replaced by one that was flushed.
    states = [i for i, _, target in renames(calls) if target == str(layout.run)]
    assert len(states) > 1


def test_a_name_is_on_the_disk_itself(calls):
    for i, _, target in renames(calls):
        after = [call[1] for call in calls[i:] if call[0] == "fsync"]
        assert str(Path(target).parent) in after, target


def test_the_way_to_the_run_is_on_the_disk_too(calls, layout):
    last = renames(calls)[-1][0]
    flushed = {call[1] for call in calls[:last] if call[0] == "fsync"}
    for folder in (layout.folder, *layout.folder.parents[:3]):
        assert str(folder) in flushed, folder


def test_the_final_state_comes_after_all_that_it_tells_of(calls, layout):
    places = renames(calls)
    last, _, target = places[-1]
    assert target == str(layout.run)
    flushed = {call[1] for call in calls[:last] if call[0] == "fsync"}
    named = {target for _, _, target in places}
    for path in sorted(layout.folder.rglob("*")):
        if path.is_file() and path not in (layout.lock, layout.output, layout.metrics):
            inside = any(str(path).startswith(f"{name}{os.sep}") for name in named)
            assert inside or str(path) in flushed | named, path


def test_metrics_are_on_the_disk_with_each_checkpoint_and_at_the_end(calls, layout):
    synced = [i for i, call in enumerate(calls) if call[:2] == metrics(layout)]
    saved = next(i for i, _, t in renames(calls) if t == str(layout.checkpoint(1)))
    last = renames(calls)[-1][0]
    assert any(saved < i < last for i in synced)
    assert any(i < last for i in synced[-1:])
    assert len(synced) >= 2


def metrics(layout):
    return ["fdatasync", str(layout.metrics)]
