"""Runs killed with SIGKILL at random instants: nothing is torn, nothing is lost."""

import json
import shutil
import time
from pathlib import Path

import pytest
from faults.scripts import (
    LOGGING,
    REPLACING,
    STARTING,
    Counters,
    begun,
    inspect,
    load,
)
from projects import wait_for


@pytest.fixture(params=["disk", "memory"])
def folder(request, odd_folder, memory):
    """A folder on a disk and one in memory, where a kill meets other instants."""
    return odd_folder if request.param == "disk" else memory


def written(folder: Path, text: str) -> Path:
    """Write a script."""
    script = folder / "train.py"
    script.write_text(text)
    return script


def arrives(text: str, file: Path) -> bool:
    """Tell whether a file comes to hold a text."""
    return wait_for(lambda: text in file.read_text())


@pytest.mark.parametrize("keys", [1, 50, 3000])
def test_a_metric_is_kept_once_log_has_returned(folder, zygote, count, chance, keys):
    script = written(folder, LOGGING)
    for number in range(1, count(200) // 6 + 2):
        counters = Counters(folder / "counters")
        child = zygote.start(
            script, "with", f"keys={keys}", COUNTERS=str(counters.path)
        )
        counters.wait(child)
        assert child.kill_after(chance.uniform(0, 0.03)) == -9
        logged, printed = counters.read()
        home = folder / "results/train" / str(number)
        record = inspect(home)
        assert record.status == "DEAD"
        names = [f"loss/{i}" for i in range(keys)]
        assert list(record.metrics) == names
        for name in (names[0], names[-1]):
            steps = record.metrics[name].steps
            assert steps == tuple(range(1, len(steps) + 1))
            assert record.metrics[name].values == steps
            assert len(steps) >= logged
        # The pump writes what was printed, also after the end.
        assert not printed or arrives(f"step {printed}\n", home / "output.txt")
    assert load(home).record.number == number


def test_what_is_replaced_is_the_old_or_the_new(folder, zygote, count, chance):
    script = written(folder, REPLACING)
    for number in range(1, count(200) // 2 + 1):
        counters = Counters(folder / "counters")
        child = zygote.start(script, COUNTERS=str(counters.path))
        counters.wait(child)
        assert child.kill_after(chance.uniform(0, 0.1)) == -9
        home = folder / "results/train" / str(number)
        record = inspect(home)
        assert record.status == "DEAD"
        logged = counters.read()[0]
        kept = json.loads((home / "artifacts/a.json").read_bytes())["step"]
        assert logged <= kept <= logged + 1
        assert (home / "artifacts/copy.py").read_bytes() == script.read_bytes()
        assert len(record.tags) == min(logged, 10) or logged < kept
        assert len(record.run.notes) >= logged // 5
        assert record.metrics["loss"].last >= logged
    assert load(home).record.number == number


def test_a_start_leaves_a_run_or_a_folder_that_never_began(
    folder, zygote, count, chance
):
    script = written(folder, STARTING)
    claims = folder / "claims"
    began = time.monotonic()
    assert zygote.start(script, CLAIMS=str(claims)).wait() == 0
    took = time.monotonic() - began
    seen = {}
    for _ in range(count(200) // 2):
        child = zygote.start(script, CLAIMS=str(claims))
        child.kill_after(chance.uniform(0, 1.2 * took))
        home = folder / "results/train"
        found = {path.name: path.stat().st_ino for path in home.iterdir()}
        # At most one more, and none in the place of another.
        assert seen.items() <= found.items()
        assert len(found) <= len(seen) + 1 + (not seen)
        seen = found
    claimed = claims.read_text().split()
    assert len(claimed) == len({*claimed})
    homes = sorted(home.iterdir(), key=lambda path: int(path.name))
    records = [inspect(path) for path in homes if begun(path)]
    assert {record.status for record in records} <= {"DEAD", "COMPLETED"}
    assert {record.number for record in records} >= {*map(int, claimed)}
    assert len({record.run.uid for record in records}) == len(records)
    for path in homes:
        metrics = path / "metrics.jsonl"
        assert begun(path) or not metrics.exists() or not metrics.stat().st_size
    # The next one is a number further, whatever became of the last.
    assert zygote.start(script, CLAIMS=str(claims)).wait() == 0
    assert claims.read_text().split()[-1] == str(int(homes[-1].name) + 1)
    shutil.rmtree(folder / "results")
