"""`python -m forge`: the `forge` command where it is not on the path."""

import sys

from forge.cli.entry import main


if __name__ == "__main__":
    sys.exit(main())
