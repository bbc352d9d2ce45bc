"""Small disks that only some processes see, in a mount namespace of their own."""

import os
import subprocess
from pathlib import Path


_MOUNT = """\
folder=$1; shift
for size; do
    mkdir -p "$folder/$size" && mount -t tmpfs -o "size=$size" forge "$folder/$size" \\
        || exit 1
done
echo ready
exec cat
"""


class Disks:
    """Disks of given sizes, mounted for as long as this lives.

    Args:
        folder: Where they are mounted, each under its size.
        sizes: Such as `64k`.

    Raises:
        PermissionError: This user may not mount anything.
    """

    def __init__(self, folder: Path, *sizes: str) -> None:
        self._folder = folder
        mine = [] if os.geteuid() == 0 else ["-U", "-r"]
        self._holder = subprocess.Popen(
            ["unshare", *mine, "-m", "sh", "-c", _MOUNT, "sh", str(folder), *sizes],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "ready\n":
            raise PermissionError(self._holder.communicate()[1].strip())
        user = ["-U", "--preserve-credentials"] if mine else []
        #: The words that let a command see the disks.
        self.words = ["nsenter", *user, "-m", "-t", str(self._holder.pid), "--"]

    def inside(self, size: str) -> Path:
        """Name the folder of a disk, for those that see it."""
        return self._folder / size

    def outside(self, size: str) -> Path:
        """Name the folder of a disk, for everybody else."""
        folder = self.inside(size).relative_to("/")
        return Path(f"/proc/{self._holder.pid}/root", folder)

    def close(self) -> None:
        """Let go of the disks."""
        self._holder.communicate()
