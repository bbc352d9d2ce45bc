"""The graphics processors of this machine."""

import os
import re
import select
import time
from contextlib import suppress
from pathlib import Path
from typing import Final


_SECONDS: Final = 10.0

#: No list of names is longer; a program that prints without end is no such list.
_MOST_BYTES: Final = 1 << 16
_LONGEST_NAME: Final = 100


def graphics() -> tuple[str, ...]:
    """Name the graphics processors.

    Returns:
        Their names, from the drivers' files where they have some, else as `nvidia-smi`
        lists them. Whatever that prints, it is bounded, and waited for no longer than
        ten seconds.
    """
    cards = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    names = [_model(_text(card)) for card in cards]
    others = sorted(Path("/sys/class/drm").glob("card*/device/product_name"))
    names += [_text(card).strip() for card in others]
    if not cards:
        names += names_in(_nvidia_smi())
    return tuple(filter(None, names))


def names_in(listing: bytes) -> list[str]:
    """Find the names in what `nvidia-smi` printed.

    Args:
        listing: Anything.

    Returns:
        The lines that can be names.
    """
    lines = (line.strip() for line in listing.decode(errors="replace").splitlines())
    return [
        line
        for line in lines
        if line.isprintable() and "\ufffd" not in line and 0 < len(line) < _LONGEST_NAME
    ]


def _model(text: str) -> str:
    """Find the model in what NVIDIA's driver says of a card."""
    match = re.search(r"^Model:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else "NVIDIA"


def _text(path: Path) -> str:
    """Read a file of a driver; one that cannot be read says nothing."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _nvidia_smi() -> bytes:
    """Ask the driver where it has no files, as in WSL."""
    from shutil import which  # noqa: PLC0415 - seldom needed

    program = which("nvidia-smi")
    if program is None:
        return b""
    import subprocess  # noqa: PLC0415 - seldom needed

    with subprocess.Popen(  # noqa: S603 - no shell, fixed words
        [program, "--query-gpu=name", "--format=csv,noheader"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        listing = _bounded(process.stdout.fileno()) if process.stdout else None
        # What has told its names, or cannot be stopped talking, has nothing more to do.
        with suppress(subprocess.TimeoutExpired):
            process.wait(0 if listing is None else _SECONDS)
        process.kill()
    return listing if listing and process.returncode == 0 else b""


def _bounded(fd: int) -> bytes | None:
    """Read to the end; None where that is longer than a list of names takes."""
    found = b""
    end = time.monotonic() + _SECONDS
    while (
        len(found) < _MOST_BYTES
        and select.select([fd], [], [], max(0.0, end - time.monotonic()))[0]
    ):
        data = os.read(fd, _MOST_BYTES)
        if not data:
            return found
        found += data
    return None
