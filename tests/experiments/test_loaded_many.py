"""Many runs in one process, and one run in many processes."""

import multiprocessing
import os
import shutil
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing

from projects import TRAIN, Project
from workers import first_of

import forge


def versions(project: Project, n: int) -> list[float]:
    """Runs of a script and its module that were changed each time; their results."""
    results = []
    for i in range(n):
        project.write(f"STEP = {i + 1}\n", "part.py")
        text = TRAIN.replace("import forge\n", "import forge\nimport part\n", 1)
        project.write(text.replace('["w"][0] += 1', '["w"][0] += part.STEP'))
        project("with", f"seed={i}", "steps=2")
        results.append(project.record(f"train/{i + 1}").result["first"])
    return results


def test_six_runs_live_side_by_side_and_the_project_is_gone(project, tmp_path):
    results = versions(project, 6)
    archive = shutil.move(project.folder / "results", tmp_path / "archive")
    shutil.rmtree(project.folder)
    os.chdir(tmp_path)
    before = {name for name in sys.modules if not name.startswith("forge")}
    with ExitStack() as stack:
        runs = [
            stack.enter_context(
                closing(forge.Experiment.load(f"{archive}/train/{n}", trust=True))
            )
            for n in range(1, 7)
        ]
        found: dict[int, float] = {}

        def use(number: int) -> None:
            found[number] = runs[number].call("evaluate")["first"]

        threads = [threading.Thread(target=use, args=(n,)) for n in reversed(range(6))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [found[n] for n in range(6)] == results
        steps = [run.definition.component.function.__globals__["part"] for run in runs]
        assert [part.STEP for part in steps] == [1, 2, 3, 4, 5, 6]
        # Each goes on in its own way, in whatever order.
        for n in (5, 0):
            done = runs[n].run({"steps": 3}, quiet=True, capture="no")
            assert done.result["first"] == results[n] + n + 1
    new = {name for name in sys.modules if not name.startswith("forge")} - before
    assert not {"train", "part"} & new


def test_a_spawned_worker_is_given_a_loaded_run(project, train, load):
    run = train()
    (project.folder / "train.py").unlink()
    exp = load()
    assert first_of(exp) == run.result["first"]
    # Unlike a Pool, it tells when its process cannot even read what it is given.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(first_of, exp).result(60) == run.result["first"]


def test_a_folder_that_cannot_be_written_is_loaded(project, train, load, tmp_path):
    """Nothing is written by loading, whoever may write there."""
    run = train()
    folder = project.folder / "results/train/1"
    before = {p: p.stat().st_mtime_ns for p in [folder, *folder.rglob("*")]}
    exp = load()
    assert exp.call("evaluate")["first"] == run.result["first"]
    exp.close()
    assert {p: p.stat().st_mtime_ns for p in [folder, *folder.rglob("*")]} == before
