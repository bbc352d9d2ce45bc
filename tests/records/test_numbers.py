import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis.stateful import RuleBasedStateMachine, rule
from hypothesis.strategies import DataObject, data, integers, sampled_from

from forge.errors import ForgeError
from forge.records.numbers import TRASH, allocate, existing, is_number


STARTER = """
import os, sys
from pathlib import Path
from forge.records.numbers import allocate
pids = []
for _ in range(10):
    pid = os.fork()
    if pid == 0:
        sys.stdin.read(1)
        number, folder = allocate(Path(sys.argv[1]), "train")
        os.write(1, f"{number}\\n".encode())
        os._exit(0)
    pids.append(pid)
for pid in pids:
    os.waitpid(pid, 0)
"""


def test_the_first_run_is_1_and_the_next_is_2(tmp_path: Path) -> None:
    assert allocate(tmp_path / "results", "train") == (
        1,
        tmp_path / "results" / "train" / "1",
    )
    number, folder = allocate(tmp_path / "results", "train")
    assert number == 2
    assert folder.is_dir()


def test_fifty_starters_at_once_get_fifty_numbers(tmp_path: Path) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", STARTER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(5)
    ]
    for starter in starters:  # All of them wait for this.
        assert starter.stdin is not None
        starter.stdin.close()
        starter.stdin = None
    numbers = [int(n) for s in starters for n in s.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 51)) == existing(tmp_path, "train")


def test_numbers_are_not_used_again_after_a_run_went_to_the_trash(
    tmp_path: Path,
) -> None:
    (tmp_path / "train" / "2").mkdir(parents=True)
    (tmp_path / ".trash" / "train" / "7").mkdir(parents=True)
    assert allocate(tmp_path, "train")[0] == 8
    (tmp_path / "train" / ".trash" / "9").mkdir(parents=True)
    assert allocate(tmp_path, "train")[0] == 10
    assert existing(tmp_path, "train") == [2, 8, 10]


def test_names_that_are_no_numbers_are_passed_over(tmp_path: Path) -> None:
    home = tmp_path / "train"
    for name in ("sweeps", "007", "٣", "1e3", "-5", "9" * 200, " 4"):
        (home / name).mkdir(parents=True)
    (home / "3").write_text("a file, which still blocks its number")
    assert existing(tmp_path, "train") == []
    assert allocate(tmp_path, "train")[0] == 4


class Numbers(RuleBasedStateMachine):
    """Runs that come and go, some by other hands, and what is allocated meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.home = self.folder / "train"
        self.trashes = self.home / TRASH, self.folder / TRASH / "train"

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def used(self) -> set[int]:
        """The numbers that are taken, found in the plainest way."""
        folders = [f for f in (self.home, *self.trashes) if f.is_dir()]
        names = [path.name for folder in folders for path in folder.iterdir()]
        return {int(name) for name in names if name.isdecimal()}

    @rule(count=integers(1, 3))
    def allocate(self, count: int) -> None:
        for _ in range(count):
            expected = max(self.used(), default=0) + 1
            assert allocate(self.folder, "train") == (
                expected,
                self.home / str(expected),
            )

    @rule(number=integers(1, 40), where=integers(0, 2))
    def add(self, number: int, where: int) -> None:
        folder = (self.home, *self.trashes)[where] / str(number)
        folder.mkdir(parents=True, exist_ok=True)

    @rule(where=integers(0, 1), data=data())
    def trash(self, where: int, data: DataObject) -> None:
        if numbers := existing(self.folder, "train"):
            number = str(data.draw(sampled_from(numbers)))
            trash = self.trashes[where]
            trash.mkdir(parents=True, exist_ok=True)
            if not (trash / number).exists():
                (self.home / number).rename(trash / number)

    @rule()
    def delete_all(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)


TestNumbers = Numbers.TestCase


def test_a_process_lists_its_runs_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    real = os.listdir

    def listdir(path: str) -> list[str]:
        listed.append(path)
        return real(path)

    for number in (1, 2, 3):
        (tmp_path / "train" / str(number)).mkdir(parents=True)
    monkeypatch.setattr(os, "listdir", listdir)
    assert [allocate(tmp_path, "train")[0] for _ in range(5)] == [4, 5, 6, 7, 8]
    assert listed == [str(tmp_path / "train")]


@pytest.mark.parametrize("name", ["weird 0", 'a"=0"', "a'; echo foo", "ünï"])
def test_odd_folder_names_are_fine(tmp_path: Path, name: str) -> None:
    assert allocate(tmp_path / name, "train")[1] == tmp_path / name / "train" / "1"


def test_a_file_where_the_results_should_be_is_a_clear_error(
    tmp_path: Path, message: Callable[[str, str], None]
) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(ForgeError) as caught:
        allocate(tmp_path / "results", "train")
    assert caught.value.code == "results-dir"
    message("results-dir-file", str(caught.value).replace(f"{tmp_path}{os.sep}", ""))


@pytest.mark.skipif(not os.path.ismount("/proc"), reason="needs a read-only folder")
def test_a_results_folder_that_cannot_be_written_is_a_clear_error() -> None:
    with pytest.raises(ForgeError, match="no run folder can be made in /proc/train: "):
        allocate(Path("/proc"), "train")


def test_an_experiment_without_runs_has_no_numbers(tmp_path: Path) -> None:
    assert existing(tmp_path, "train") == []
    assert existing(tmp_path, "a\0b") == []
    assert not is_number("0")
