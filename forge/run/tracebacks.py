"""Tracebacks as users want them: from their own first line on."""

import os
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Final


_OWN: Final = f"{Path(__file__).resolve().parent.parent}{os.sep}"
_BESIDE: Final = ("/wrapt/", "/runpy.py", "<frozen ")


def user_traceback(error: BaseException, *, full: bool = False) -> str:
    """Format an exception with the frames of the user's own code.

    Args:
        error: The exception, with its causes.
        full: Whether to keep Forge's own frames too.

    Returns:
        The text of the traceback, with a final newline. Where no frame would be left,
        all are kept.
    """
    report = traceback.TracebackException.from_exception(error)
    if not full:
        _shorten(report)
    return "".join(report.format())


def user_line(error: BaseException) -> str:
    """Say where in the user's code a mistake was made that Forge noticed.

    Args:
        error: What a call inside the body raised.

    Returns:
        File, line and source of the innermost line of the user's own, indented; empty
        when it is only the one that started the run.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = [_is_ours(frame.filename) for frame in frames]
    if True not in ours:
        return ""
    inside = [
        frame
        for frame, own in zip(
            frames[ours.index(True) :], ours[ours.index(True) :], strict=True
        )
        if not own
    ]
    if not inside:
        return ""
    return _shown(inside[-1])


def last_user_line(error: BaseException) -> str:
    """Say which line of the user's own an exception passed last.

    Args:
        error: The exception.

    Returns:
        File, line and source, indented; empty when there is none.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _is_ours(frame.filename)]
    return _shown(own[-1]) if own else ""


def user_traceback_from(error: BaseException, file: str) -> str:
    """Format an exception from the first line of one file on.

    Args:
        error: The exception.
        file: The file, by its path or the end of it.

    Returns:
        The text of the traceback. Where no frame is of that file, such as of a syntax
        error, only those of the user are left out.
    """
    report = traceback.TracebackException.from_exception(error)
    _shorten(report)
    names = [frame.filename for frame in report.stack]
    ending = str(Path(file).name)
    first = next((i for i, n in enumerate(names) if n.endswith(ending)), len(names))
    report.stack = traceback.StackSummary.from_list(report.stack[first:])
    return "".join(report.format())


def message_of(error: BaseException) -> str:
    """Say what an exception says, also where saying it fails."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - whatever a class of the user's raises
        return f"<a {type(error).__name__} whose text cannot be had>"


def _shown(frame: traceback.FrameSummary) -> str:
    """Show one line of a traceback, indented."""
    return f"\n  {frame.filename}:{frame.lineno}: {frame.line}"


def _shorten(report: traceback.TracebackException | None) -> None:
    """Drop Forge's frames from a traceback and from its causes."""
    if report is None:
        return
    kept = [frame for frame in report.stack if not _is_ours(frame.filename)]
    if kept:
        report.stack = traceback.StackSummary.from_list(kept)
    _shorten(report.__cause__)
    _shorten(report.__context__)
    inner: Iterable[traceback.TracebackException] = report.exceptions or ()
    for one in inner:
        _shorten(one)


def _is_ours(file: str) -> bool:
    """Whether a frame belongs to Forge or to what stands between."""
    return file.startswith(_OWN) or any(part in file for part in _BESIDE)
