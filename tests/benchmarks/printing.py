"""Print a million lines: the body of a run of Forge, or a plain script.

The argument is `forge`, which captures what it prints, or `plain`, for `tee`. Both
write every line at once, so that a kill loses none.
"""

import sys

import forge


LINES = 1_000_000


@forge.experiment
def shout():
    """Print as scripts do."""
    for n in range(LINES):
        print("step", n, "of a loop that says what it does")


if __name__ == "__main__":
    if sys.argv.pop(1) == "forge":
        shout.main()
    else:
        sys.stdout.reconfigure(line_buffering=True)
        shout()
