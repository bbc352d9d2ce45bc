"""Git, run for tests."""

import subprocess


def git(folder, *words):
    """Run git, and return what it says."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()
