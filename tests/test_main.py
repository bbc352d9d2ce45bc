"""`python -m forge` is the `forge` command."""

import subprocess
import sys

from runfolders import make_run


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path) -> None:
    """As in `forge ... | head -1` on a long answer."""
    make_run(tmp_path / "results")
    command = f"{sys.executable} -m forge path train/1"
    done = subprocess.run(
        ["bash", "-c", f"{command}; {command} | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    # Whether it saw the pipe closed depends on who was faster.
    assert done.stdout in ("results/train/1\n0\n", "results/train/1\n141\n")
