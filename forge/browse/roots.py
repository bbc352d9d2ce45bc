"""Where runs lie: the results folders that are looked through."""

import os
from collections.abc import Sequence
from pathlib import Path

from forge.errors import ForgeError


def roots_of(given: Sequence[str | os.PathLike[str]] = ()) -> tuple[Path, ...]:
    """Find the results folders to look through.

    Args:
        given: What the user named; by default `FORGE_RESULTS_DIR`, else `results`.

    Returns:
        One folder or more, each once. Those named by the user exist.

    Raises:
        ForgeError: `no-results` if one that was named is no folder.
    """
    named = tuple(dict.fromkeys(Path(one).expanduser() for one in given))
    for folder in named:
        if not folder.is_dir():
            raise ForgeError(
                "no-results",
                f"there is no folder {str(folder)!r}.\n"
                "  Give the folder that runs were written to, such as results.",
                path=folder,
            )
    return named or (Path(os.environ.get("FORGE_RESULTS_DIR") or "results"),)
