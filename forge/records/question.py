"""A question put to whoever sits at the terminal or the notebook."""

import os
import sys
from typing import Any


def ask(question: str) -> bool | None:
    """Ask a question that is answered by yes or no.

    Args:
        question: Its text, without the choices.

    Returns:
        Whether the answer was yes; None when there is nobody to answer.
    """
    prompt = f"{question} [y/N] "
    if _has_terminal():
        sys.stderr.write(prompt)
        sys.stderr.flush()
        # A terminal that was closed answers nothing, which is no.
        return _is_yes(sys.stdin.readline())
    if _notebook() is not None:
        try:
            return _is_yes(input(prompt))
        except (EOFError, NotImplementedError):
            # A notebook that is executed without its reader.
            return None
    return None


def _has_terminal() -> bool:
    """Tell whether somebody sees the question and can answer it."""
    try:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        # A process in the background would be stopped as soon as it reads.
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):
        # Closed, replaced, or absent.
        return False


def _notebook() -> Any:
    """Find the kernel of the notebook that this process belongs to."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None)


def _is_yes(answer: str) -> bool:
    """Only a clear yes is one; an empty answer is not."""
    return answer.strip().lower() in {"y", "yes"}
