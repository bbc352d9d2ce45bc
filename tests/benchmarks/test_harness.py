"""The harness that compares processes."""

import sys
from pathlib import Path

import pytest
from harness import Command, CommandError, Figure, Sample, in_turns, once, ratio, table


def test_a_command_that_fails_is_reported_with_its_last_words(tmp_path: Path) -> None:
    """Exit status, command and output are in the message."""
    words = (sys.executable, "-c", "import sys; print('no luck'); sys.exit(7)")
    with pytest.raises(CommandError, match=r"(?s)exit status 7 .*no luck"):
        once(Command(words, tmp_path))


def test_cpu_time_counts_work_and_not_waiting(tmp_path: Path) -> None:
    """A sleeping process has wall time and next to no CPU time."""
    words = (sys.executable, "-I", "-c", "import time; time.sleep(1)")
    sample = once(Command(words, tmp_path))
    assert sample.wall >= 1
    assert 0 < sample.cpu < sample.wall


def test_every_command_has_one_sample_a_round(tmp_path: Path) -> None:
    """The first round does not count."""
    commands = {
        name: Command((sys.executable, "-I", "-c", "pass"), tmp_path) for name in "ab"
    }
    taken = in_turns(commands, rounds=2)
    assert {name: len(samples) for name, samples in taken.items()} == {"a": 2, "b": 2}


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    """A slow minute slows both sides of one round, and no other round."""
    over = [Sample(cpu=1, wall=2), Sample(cpu=1, wall=40), Sample(cpu=1, wall=2)]
    under = [Sample(cpu=2, wall=1), Sample(cpu=2, wall=20), Sample(cpu=4, wall=2)]
    assert ratio(over, under, "wall") == 2
    assert ratio(over, under, "cpu") == 0.5


def test_the_table_says_what_is_over_its_reach() -> None:
    """A figure at its reach is good; one above it is not."""
    text = table(
        [
            Figure("even", 0.4, 0.4),
            Figure("slow", 21.3, 20, "ms"),
            Figure("here", 0.7, 0.5, floor=0.55),
        ]
    )
    assert text.splitlines() == [
        "what  measured  reach     ok",
        "even  0.40 x    <= 0.4 x  yes",
        "slow  21.30 ms  <= 20 ms  NO",
        "here  0.70 x    <= 0.5 x  no: the floor is 0.55",
    ]
