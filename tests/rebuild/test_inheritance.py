"""Processes that are started while a run is open."""

import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

from forge.rebuild.inheritance import told


MODEL = """
    import dataclasses, enum

    class Mode(enum.Enum):
        FAST = 1

    @dataclasses.dataclass
    class Point:
        x: int
        mode: Mode = Mode.FAST

    def double(point):
        import scaling
        assert point.mode is Mode.FAST
        return Point(scaling.FACTOR * point.x)
    """
FILES = {"model.py": MODEL, "scaling.py": "FACTOR = 2"}


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_workers_run_stored_functions_on_stored_objects(runs, today, method):
    today({"scaling.py": "FACTOR = 1000", "model.py": "raise SystemExit"})
    sources = runs(FILES)
    model = sources.import_module("model")
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        points = [*pool.map(model.double, [model.Point(x) for x in range(3)])]
    assert points == [model.Point(0), model.Point(2), model.Point(4)]


def test_workers_tell_two_versions_apart(runs):
    one = runs(FILES).import_module("model")
    two = runs({**FILES, "scaling.py": "FACTOR = 3"}, number=2).import_module("model")
    with ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        assert pool.submit(one.double, one.Point(1)).result() == one.Point(2)
        assert pool.submit(two.double, two.Point(1)).result() == two.Point(3)


def unpickle(value, **environment):
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer))"
    return subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(value),
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_any_process_started_from_this_one_can_unpickle(runs):
    point = runs(FILES).import_module("model").Point(1)
    done = unpickle(point)
    assert done.stdout == b"Point(x=1, mode=<Mode.FAST: 1>)\n", done.stderr


def test_a_process_started_elsewhere_says_that_the_run_is_not_open(runs):
    done = unpickle(runs(FILES).import_module("model").Point(1), FORGE_LOADED_RUNS="")
    assert b"the stored run is not open" in done.stderr


def test_closing_tells_it_no_more(runs):
    one, two = runs(FILES), runs(FILES, number=2)
    one.close()
    assert told(one.id) is None
    assert told(two.id)["leaks"] == "error"
