"""Options that take one of a few words."""

from collections.abc import Sequence
from typing import Any, Final

from forge.errors import ForgeError


#: How files of checkpoints are checked.
VERIFY: Final = ("sha256", "size")


def check_option(function: str, name: str, value: Any, known: Sequence[str]) -> None:
    """Refuse a choice that there is not.

    Args:
        function: What takes the option.
        name: The option.
        value: What was given.
        known: The choices there are.

    Raises:
        ForgeError: `bad-option`.
    """
    if value not in known:
        prefix = f"{function}(" if function.startswith("@") else f"{function}(..., "
        raise ForgeError(
            "bad-option",
            f"{prefix}{name}={value!r}): expected one of {', '.join(known)}.",
            name=name,
        )
