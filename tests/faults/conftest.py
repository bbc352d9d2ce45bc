"""What fault tests share.

They prove with real processes what the records promise. Two sizes:

* by default a tenth of the processes, so that the whole suite stays quick;
* `FORGE_FAULTS=full` has all of them: 200 kills at random instants of each kind, 200
  starters at once, a minute of writers and readers, 100 outputs compared. This is what
  `tox -e faults` does, and so continuous integration does.
"""

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.disks import Disks
from zygote import Zygote


FULL = os.environ.get("FORGE_FAULTS") == "full"


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """Starts scripts in a millisecond."""
    made = Zygote()
    yield made
    made.close()


@pytest.fixture(scope="session")
def count() -> Callable[[int], int]:
    """A number of processes: as said with `FORGE_FAULTS=full`, else a tenth."""
    return lambda full: full if FULL else max(full // 10, 1)


@pytest.fixture
def chance() -> random.Random:
    """Instants: other ones in each run of the tests."""
    seed = random.randrange(1 << 32)
    print("seed of the instants:", seed)
    return random.Random(seed)


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """A folder whose name has everything that folders are named."""
    folder = tmp_path / "weird 0; \"a\" 'b' $HOME ünï #&"
    folder.mkdir()
    return folder


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, where nothing waits for a disk."""
    shm = Path("/dev/shm")
    if not os.access(shm, os.W_OK):
        pytest.skip("no /dev/shm here")
    folder = Path(tempfile.mkdtemp(prefix="forge-", dir=shm))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def mounted(tmp_path):
    """Mount disks, and start a zygote that sees them."""
    open_ones = []

    def mount(*sizes):
        try:
            disks = Disks(tmp_path / "disks", *sizes)
        except PermissionError as error:
            pytest.skip(f"nothing can be mounted here: {error}")
        zygote = Zygote(disks.words)
        open_ones[:] = [zygote, disks]
        return disks, zygote

    yield mount
    for one in open_ones:
        one.close()
