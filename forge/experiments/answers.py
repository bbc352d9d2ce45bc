"""What a command line answers on the terminal."""

import os
import sys


def say(text: str) -> None:
    """Print an answer; a reader that has gone away is no error.

    Args:
        text: The answer.
    """
    try:
        print(text)  # noqa: T201 - the command line's answer
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def coloured(text: str) -> str:
    """Show given values bold and remarks dim, on a terminal that wants colours.

    Args:
        text: A config as it is printed.

    Returns:
        The same with colours, where they are wanted.
    """
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    lines = []
    for line in text.splitlines():
        body, mark, remark = line.partition("  # ")
        body = f"\033[1m{body}\033[0m" if body[:1] in "*~" else body
        lines.append(f"{body}\033[2m{mark}{remark}\033[0m" if mark else body)
    return "\n".join(lines)
