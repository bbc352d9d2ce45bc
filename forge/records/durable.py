"""Files that are whole or absent: written, read and hashed with care."""

# Plain text is 20 times as fast as Path, and each run waits for these.
# ruff: noqa: PTH105, PTH108, PTH116, PTH118, PTH120

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from forge.records.disk import fsync_files, fsync_path, start_flush
from forge.records.processes import Process


#: Above the descriptors that most programs have.
HIGH = 64

#: Bytes that are copied at once.
_PORTION = 1 << 20

#: What `temporary_in` gives: the process, and what tells its files apart.
_TEMPORARY = re.compile(r"\.tmp-([0-9]{1,9})-[0-9a-f]{8}")


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that every reader sees the old content or the new, never half.

    The new content is on the disk before it takes the place of the old. There must be
    one writer of a file at a time; readers may be many.

    Args:
        path: The file, which may not exist yet; its folder does.
        data: The new content.

    Raises:
        OSError: If it cannot be written; the old content is then intact.
    """
    replace_files({path: data})


def replace_files(
    contents: Mapping[Path, bytes], *, before: Callable[[], object] | None = None
) -> None:
    """Write several files of one folder, each as `replace_file` does.

    All are on the disk before the first takes its place, and the folder is flushed
    once.

    Args:
        contents: The new content of each file, in the order they are to appear.
        before: Brings to the disk what must be there before the first appears; many
            file systems commit it together with the new content.

    Raises:
        OSError: If one cannot be written; those that have not appeared are as before.
    """
    with _written_beside(contents) as temporary:
        if before is not None:
            before()
        fsync_files(temporary.values())
        _appear(temporary)
    for folder in {os.path.dirname(path): None for path in contents}:
        fsync_path(folder or os.curdir)


def place_files(contents: Mapping[Path, bytes]) -> None:
    """Write new files of which every reader sees all or nothing, to be flushed later.

    Args:
        contents: The content of each file, in the order they are to appear; none of
            them exists.

    Raises:
        OSError: If one cannot be written; those that have not appeared do not exist.
    """
    with _written_beside(contents, begin=False) as temporary:
        _appear(temporary)


def write_file(path: Path, data: bytes, *, new: bool = False) -> None:
    """Write a file that nobody reads yet, and that is to be flushed later.

    Args:
        path: The file; its folder exists.
        data: Its content.
        new: Whether to leave one alone that is there already.

    Raises:
        FileExistsError: If it is there and should be new.
        OSError: If it cannot be written.
    """
    how = os.O_EXCL if new else os.O_TRUNC
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o666)
    try:
        write_all(fd, data)
    finally:
        os.close(fd)


def temporary_in(folder: Path) -> Path:
    """Name a file that is not whole yet, or not in its place.

    Args:
        folder: Where it will be.

    Returns:
        A path that nobody else has.
    """
    return folder / _temporary_name()


def remove_leftovers(folder: Path, *, besides: Path) -> None:
    """Remove the temporary files that killed processes have left; what can be.

    Args:
        folder: A folder, with those below it.
        besides: A folder below it that is left alone.
    """
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if Path(parent, name) != besides]
        for name in names:
            found = _TEMPORARY.fullmatch(name)
            if found and not Process(pid=int(found[1])).exists():
                with contextlib.suppress(OSError):
                    Path(parent, name).unlink()


def write_all(fd: int, data: bytes) -> None:
    """Write every byte to a descriptor, however little the system takes at a time.

    Args:
        fd: A descriptor open for writing.
        data: What to write.

    Raises:
        OSError: If the system refuses; a part may have been written.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def out_of_the_way(fd: int) -> int:
    """Move a descriptor to a number that is not given away again soon.

    Programs that close all descriptors they do not know are given the lowest numbers
    for their own files, and what is written to a number goes to whoever has it.

    Args:
        fd: A descriptor.

    Returns:
        The descriptor to use instead.

    Raises:
        OSError: There is no such number; the descriptor is as it was.
    """
    try:
        moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH)
    except OSError as error:
        # A number above the limit would be called an invalid argument.
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE)) from error
    os.close(fd)
    return moved


def identity(file: int | str | Path) -> tuple[int, int]:
    """Tell a file from all others that there are.

    Args:
        file: The open file, or its path.

    Returns:
        The device and the number of the file there.

    Raises:
        OSError: There is none.
    """
    facts = os.stat(file)
    return facts.st_dev, facts.st_ino


def displaced(mine: tuple[int, int], path: Path) -> str:
    """Tell what has become of the name of a file that is open.

    Args:
        mine: The identity of the file.
        path: Where it belongs.

    Returns:
        `deleted`, or `replaced` where another file stands there; nothing where it is
        in its place.

    Raises:
        OSError: Nobody can tell.
    """
    try:
        return "" if identity(path) == mine else "replaced"
    except FileNotFoundError:
        return "deleted"


def go_on_in(fd: int, path: Path) -> None:
    """Go on in a new file, which begins with all that the present one holds.

    Args:
        fd: The open file, to be appended to and read; it leads to the new one then.
        path: The new file; its folder exists.

    Raises:
        OSError: It cannot be written, and is not there then.
    """
    new = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        at = 0
        while data := os.pread(fd, _PORTION, at):
            write_all(new, data)
            at += len(data)
        os.dup2(new, fd, inheritable=False)
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(new)


def sha256_file(path: Path) -> str:
    """Hash the content of a file.

    Args:
        path: An existing file of any size.

    Returns:
        The digest as 64 hexadecimal digits.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file of a run folder, in whose place anything may lie.

    Args:
        path: The file.

    Yields:
        The open file.

    Raises:
        OSError: If there is no such file, it cannot be read, or is a pipe, a device or
            a folder.
    """
    # Without O_NONBLOCK, opening a pipe that nobody writes to never returns.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with open(fd, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(fd)


def read_bounded(path: Path, limit: int, *, tail: bool = False) -> bytes:
    """Read a file of a run folder, which may hold anything.

    Args:
        path: The file. A pipe or a device would be waited for, and is refused.
        limit: The greatest number of bytes to return.
        tail: Return the end of a larger file rather than refuse it.

    Returns:
        The content.

    Raises:
        OSError: If there is no such file, it is no regular file, it cannot be read,
            or it is larger than the limit (`errno.EFBIG`).
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            if not tail:
                raise OSError(errno.EFBIG, f"larger than {limit:,} bytes", str(path))
            file.seek(size - limit)
        # It may be growing: what is read is bounded, whatever its size was, and no
        # more memory is taken than there is to read.
        return file.read(min(limit, size))


def _temporary_name() -> str:
    """Make a name that nobody else has."""
    return f".tmp-{os.getpid()}-{secrets.token_hex(4)}"


@contextlib.contextmanager
def _written_beside(
    contents: Mapping[Path, bytes], *, begin: bool = True
) -> Iterator[dict[str, str]]:
    """Write content that is to appear, and begin to flush it.

    What has not appeared at the end is removed.
    """
    temporary: dict[str, str] = {}
    try:
        for path, data in contents.items():
            folder, _ = os.path.split(target := os.fspath(path))
            temporary[target] = file = os.path.join(folder, _temporary_name())
            _write_new(file, data, begin=begin)
        yield temporary
    finally:
        for left in temporary.values():
            with contextlib.suppress(OSError):
                os.unlink(left)


def _appear(temporary: dict[str, str]) -> None:
    """Give files their names, in their order."""
    for target, file in tuple(temporary.items()):
        os.replace(file, target)
        del temporary[target]


def _write_new(path: str, data: bytes, *, begin: bool) -> None:
    """Write a file that must not be there, and may begin to flush it."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        write_all(fd, data)
        if begin:
            start_flush(fd)
    finally:
        os.close(fd)
