"""Lines of `logging` in a script."""

import pytest


LOGGING = """\
import logging

import forge


@forge.experiment
def train(*, _run: forge.Run):
    logging.getLogger("train").info("a remark")
    logging.getLogger("library").warning("a warning")


if __name__ == "__main__":
    train.main()
"""


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_what_is_logged_is_shown_and_kept(project, mode):
    project.write(LOGGING)
    done = project("-q", "-C", mode)
    assert done.stderr == "INFO train: a remark\nWARNING library: a warning\n"
    assert project.record().output == done.stderr


def test_a_line_for_nobody_is_no_failure(project):
    project.write(
        LOGGING.replace(
            "    logging.", "    import sys\n    sys.stderr = None\n    logging.", 1
        )
    )
    project("-q", "-C", "sys")
