"""Versions of Python and of libraries, those of a run next to today's."""

import sys
from collections.abc import Mapping


def differing_versions(stored: Mapping[str, str]) -> str:
    """Say which versions are not those that a run used.

    Nothing is imported for it: libraries that are not imported yet are left out.

    Args:
        stored: The versions by name of module, `python` among them.

    Returns:
        One line; empty when all have the same major and minor number.
    """
    differing = []
    for name, then in stored.items():
        now = _today(name)
        if now and then and _minor(now) != _minor(then):
            differing.append(f"{name} {then}, now {now}")
    return f"the run used {'; '.join(differing)}" if differing else ""


def _today(name: str) -> str:
    """Read a version, without importing anything."""
    if name == "python":
        return ".".join(map(str, sys.version_info[:3]))
    return str(getattr(sys.modules.get(name), "__version__", ""))


def _minor(version: str) -> list[str]:
    """Cut a version down to its major and minor number."""
    return version.split(".")[:2]
