"""The names that a Python source imports, found without running it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import decode_source
from typing import Final


# Parsing whole files would cost the start of a run 4 ms each. Statements can begin only
# at a line, after a colon or after a semicolon; what else matches, such as prose in a
# docstring, either fails to parse or names no file.
_STATEMENT: Final = re.compile(
    r"(?:^[ \t\f]*|[:;][ \t]*)"
    r"(from\b(?:[ \t.\w]|\\\n)*?\bimport\b[ \t]*(?:\([^)]*\)|(?:[ \t,*\w]|\\\n)*)"
    r"|import\b(?:[ \t.,\w]|\\\n)*)",
    re.MULTILINE,
)
_CALL: Final = re.compile(
    r"\b(?:import_module|__import__)\s*\(\s*(?:name\s*=\s*)?[\"']([\w.]+)[\"']"
)


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that a source imports.

    Attributes:
        name: The dotted name, empty for the package itself.
        level: How many dots stand before it; 0 for an absolute name.
    """

    name: str
    level: int = 0


#: Sources up to so many bytes, and the number of them, whose imports are kept.
_SMALL: Final = 1 << 16
_MOST_KEPT: Final = 128


def imports_of(data: bytes) -> list[Imported]:
    """Find what a source imports, also inside of functions and by constant names.

    Args:
        data: The bytes of the source.

    Returns:
        Every name, once each. `from a import b` gives `a` and `a.b`, as `b` may be a
        module. Nothing for a source that cannot be read.
    """
    return list(_kept(data) if len(data) <= _SMALL else _find(data))


# A process that starts many runs parses a source again only when it has changed.
@lru_cache(maxsize=_MOST_KEPT)
def _kept(data: bytes) -> tuple[Imported, ...]:
    """Find what a small source imports, or remember it."""
    return _find(data)


def _find(data: bytes) -> tuple[Imported, ...]:
    """Find what a source imports."""
    try:
        text = decode_source(data)
    except (SyntaxError, UnicodeDecodeError):
        return ()
    found = []
    if "import_" in text:  # quicker than the pattern, and seldom true
        found = [_called(match[1]) for match in _CALL.finditer(text)]
    statements = "\n".join(match[1].rstrip() for match in _STATEMENT.finditer(text))
    for candidate in (statements, text):
        try:
            tree = ast.parse(candidate)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found.extend(_imported(tree))
        break
    return tuple(dict.fromkeys(found))


def _called(name: str) -> Imported:
    """Take the dots off a name given to `import_module`."""
    bare = name.lstrip(".")
    return Imported(bare, len(name) - len(bare))


def _imported(tree: ast.AST) -> Iterator[Imported]:
    """Read the import statements of a syntax tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield Imported(base, node.level)
            for alias in node.names:
                name = f"{base}.{alias.name}" if base else alias.name
                yield Imported(name, node.level)
