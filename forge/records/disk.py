"""What is brought onto the disk: the content of files, and the names in folders."""

# Plain text is 20 times as fast as Path, and each run waits for these.
# ruff: noqa: PTH112

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from forge.records.errand import side_by_side


#: What a file system answers that cannot flush a folder.
_NO_FLUSH = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)

#: What a system answers that has no descriptors left.
_NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)

#: What stands for the working directory where a descriptor of a folder is expected.
_HERE = -100

#: Bytes of a file whose flushing can be begun beforehand.
_SMALL = 1 << 20

#: How many files are flushed one after the other.
_FEW = 8

#: How many of a run's files may be open at once: the program may need descriptors.
_MOST_OPEN = 3


def start_flush(file: int | str | Path) -> None:
    """Have the system begin to put a small file on the disk, and do not wait for it.

    Flushing many files takes one commit of the file system instead of one each where
    all of them have been begun before the first is waited for.

    Args:
        file: The file, which may be open.

    Raises:
        OSError: If it cannot be opened.
    """
    if not isinstance(file, int):
        fd = os.open(file, os.O_RDONLY)
        try:
            start_flush(fd)
        finally:
            os.close(fd)
        return
    # Linux begins to write what it is told will not be needed. Of a large file, which
    # is written in part by then, it would also forget the content.
    if hasattr(os, "posix_fadvise") and os.fstat(file).st_size <= _SMALL:
        with suppress(OSError):
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def fsync_path(path: str | Path) -> None:
    """Put a file, or the names in a folder, on the disk.

    Args:
        path: An existing file or folder.

    Raises:
        OSError: If a file cannot be flushed. A file system that cannot flush folders
            is left in peace.
    """
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if not (os.path.isdir(path) and error.errno in _NO_FLUSH):
            raise
    finally:
        os.close(fd)


def fsync_files(paths: Iterable[str]) -> None:
    """Put files on the disk.

    Args:
        paths: Existing files.

    Raises:
        OSError: If one cannot be flushed.
    """
    acts = [partial(fsync_path, path) for path in paths]
    if len(acts) > _FEW:
        # Over a network each of them waits for an answer.
        side_by_side(acts)
        return
    # A few that have been begun take less time than passing them to threads.
    for act in acts:
        act()


def fsync_tree(folder: Path) -> None:
    """Put a folder with everything below it on the disk, the innermost first.

    Args:
        folder: An existing folder; links in it are not followed.

    Raises:
        OSError: If something in it cannot be read or flushed.
    """
    files: list[str] = []
    folders = [os.fspath(folder)]
    for parent in folders:
        # `os.walk` asks the system about each file again.
        with os.scandir(parent) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.is_symlink():
                    files.append(entry.path)
    if len(files) > _MOST_OPEN or not _flush_open(files):
        for path in files:
            start_flush(path)
        fsync_files(files)
    for path in reversed(folders):
        fsync_path(path)


def exchange(a: Path, b: Path) -> bool:
    """Give each of two files or folders the name of the other, in one instant.

    Args:
        a: An existing one.
        b: Another one, in the same file system.

    Returns:
        Whether it was done: not every system or file system can.
    """
    import ctypes  # noqa: PLC0415 - few runs need it

    # Python has `rename` alone, which does not replace a folder.
    system = ctypes.CDLL(None)
    first, second, swap = os.fsencode(a), os.fsencode(b), ctypes.c_uint(2)
    for name, given in (
        ("renameat2", (_HERE, first, _HERE, second, swap)),  # Linux
        ("renamex_np", (first, second, swap)),  # macOS
    ):
        call = getattr(system, name, None)
        if call is not None:
            return bool(call(*given) == 0)
    return False


def _flush_open(paths: Iterable[str]) -> bool:
    """Put files on the disk, all open meanwhile: opening them again takes time.

    Args:
        paths: A few existing files.

    Returns:
        Whether that could be done; not where hardly any descriptors are left.

    Raises:
        OSError: If one cannot be read or flushed.
    """
    fds: list[int] = []
    try:
        for path in paths:
            fds.append(fd := os.open(path, os.O_RDONLY))
            start_flush(fd)
        for fd in fds:
            os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_DESCRIPTORS:
            raise
        return False
    finally:
        for fd in fds:
            # All is on the disk by now, or is not, which is being raised.
            with suppress(OSError):
                os.close(fd)
    return True
