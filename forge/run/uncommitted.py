"""The files that differ from the commit, asked through GitPython."""

from pathlib import Path

from forge.run.repository import ENVIRONMENT, NO_MONITOR


def uncommitted(root: Path) -> list[str]:
    """List the files that git knows and that are not as they were committed.

    For answers that somebody waits for: GitPython takes a tenth of a second to import.

    Args:
        root: A folder in a repository with a commit.

    Returns:
        Their names from the top of the repository, sorted; none where git cannot tell.
    """
    try:
        from git import Repo  # noqa: PLC0415 - takes 0.1 s
        from git.exc import GitError  # noqa: PLC0415
    except ImportError:  # GitPython raises it where git itself is missing, too
        return []
    try:
        with Repo(root, search_parent_directories=True) as repository:
            repository.git.update_environment(**ENVIRONMENT)
            repository.git.set_persistent_git_options(c=NO_MONITOR)
            changes = repository.head.commit.diff(None)
            return sorted({str(change.b_path or change.a_path) for change in changes})
    except (GitError, OSError, ValueError):
        return []
