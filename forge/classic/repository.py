"""The commit that a script runs from."""

from pathlib import Path

from forge.classic.spaces import main_file
from forge.run.repository import commit_of
from forge.run.sources import project_root


def git_commit(path: str | Path | None = None) -> str | None:
    """Tell the commit of a repository.

    Args:
        path: A folder in it; by default that of the script.

    Returns:
        The full hash; None where there is no repository, or no commit yet.
    """
    folder = project_root(main_file()) if path is None else Path(path)
    return commit_of(folder)
