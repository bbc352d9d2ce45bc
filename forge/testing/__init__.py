"""Test classes for those who extend Forge; they need pytest."""

from forge.errors import ForgeError


try:
    import pytest  # noqa: F401 - only whether it is there
except ModuleNotFoundError as missing:
    raise ForgeError(
        "not-installed",
        "forge.testing holds test classes for pytest, which is not installed.\n"
        "  It needs: pip install pytest",
    ) from missing

from forge.testing.checkpointing import CheckpointerContract as CheckpointerContract
from forge.testing.observing import ObserverContract as ObserverContract


__all__ = ["CheckpointerContract", "ObserverContract"]
