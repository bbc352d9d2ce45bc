"""Config files in JSON, TOML and YAML."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from forge._text import did_you_mean
from forge.errors import ForgeError


R = TypeVar("R")
_LINE_ENDS: Final = frozenset("\x85\u2028\u2029\ufeff")


def read_config_file(path: str | Path) -> dict[str, Any]:
    """Read a config file; its ending says in which language it is.

    Args:
        path: A file that ends in .json, .toml, .yaml or .yml.

    Returns:
        Its values, flat or nested as written, with text for every key.

    Raises:
        ForgeError: `no-file` when there is none, `file-unreadable` with line and column
            when it cannot be read or is not a mapping of names to values.
    """
    reader = _language(path, _READERS)
    text = _text_of(path)
    try:
        values = reader(path, text)
        if not isinstance(values, Mapping):
            what = type(values).__name__
            _unreadable(path, f"it holds a {what}, not a mapping of names to values.")
        return _named(path, values)
    except RecursionError:
        _unreadable(path, "it is nested too deeply.")


def write_config_file(path: str | Path, flat: Mapping[str, Any]) -> None:
    """Write a config file; its ending says in which language.

    Args:
        path: A file that ends in .json, .toml, .yaml or .yml. One that exists is
            replaced, whole or not at all.
        flat: Value by full key, in the form of flags.json.

    Raises:
        ForgeError: `file-unwritable` when a value cannot be said in the language, or
            the file cannot be written.
    """
    text = _language(path, _WRITERS)(path, flat)
    final = Path(path)
    beside = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(final)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        _unwritable(path, f"{reason}.")
    finally:
        beside.unlink(missing_ok=True)


def _language(path: str | Path, known: Mapping[str, R]) -> R:
    """The reader or writer of the language that the ending names."""
    ending = Path(path).suffix.lower()
    if ending not in known:
        _unreadable(path, "config files end in .json, .toml, .yaml or .yml.")
    return known[ending]


def _text_of(path: str | Path) -> str:
    """The file's text, or why it cannot be read."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise _no_file(path) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        _unreadable(path, f"{reason}.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        _unreadable(path, "it is not UTF-8.", line, column)


def _no_file(path: str | Path) -> ForgeError:
    """Say that there is no such file, and which ones are beside it."""
    folder = Path(path).parent
    try:
        beside = [p.name for p in folder.iterdir() if p.suffix.lower() in _READERS]
    except OSError:
        beside = []
    guess = did_you_mean(Path(path).name, beside, str(folder / "{}"))
    where = f"\n  Relative paths start in {Path.cwd()}."
    text = f"{path}: there is no such file.{guess}"
    return ForgeError("no-file", text + ("" if guess else where), path=str(path))


def _unreadable(
    path: str | Path, reason: str, line: int | None = None, column: int | None = None
) -> NoReturn:
    """Refuse a file, with the place in it where that is known."""
    place = "" if line is None else f"line {line}, column {column}: "
    raise ForgeError(
        "file-unreadable",
        f"{path}: {place}{reason}",
        path=str(path),
        line=line,
        column=column,
    )


def _unwritable(path: str | Path, reason: str) -> NoReturn:
    """Refuse to write a value or a file."""
    raise ForgeError("file-unwritable", f"{path}: {reason}", path=str(path))


def _named(path: str | Path, values: Mapping[Any, Any]) -> dict[str, Any]:
    """Check that keys are text; YAML makes numbers and booleans of some."""
    named: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(key, bool) or not isinstance(key, str | int | float):
            _unreadable(
                path,
                f"the name {key!r} is not a text. "
                f"(YAML reads no/off/yes/on as booleans; quote the word.)",
            )
        named[str(key)] = _inner(path, value)
    return named


def _inner(path: str | Path, value: Any) -> Any:
    """Check the keys of nested mappings too."""
    if isinstance(value, Mapping):
        return _named(path, value)
    return [_inner(path, item) for item in value] if isinstance(value, list) else value


def _read_json(path: str | Path, text: str) -> Any:
    """Read JSON; a name that stands twice is a mistake."""
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _unique(path, pairs))
    except json.JSONDecodeError as error:
        _unreadable(path, f"{error.msg}.", error.lineno, error.colno)
    except ValueError as error:  # a number with too many digits
        _unreadable(path, f"{error}.")


def _unique(path: str | Path, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: the second would hide the first."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            _unreadable(path, f"'{key}' is given twice.")
        found[key] = value
    return found


def _read_toml(path: str | Path, text: str) -> Any:
    """Read TOML, with the place of a mistake as the others say it."""
    import tomllib  # noqa: PLC0415

    try:
        return tomllib.loads(text)
    except ValueError as error:  # bad TOML, or a number with too many digits
        reason, has_place, place = str(error).partition(" (at ")
        line, column = _place(place, text) if has_place else (None, None)
        _unreadable(path, f"{reason}.", line, column)


def _place(place: str, text: str) -> tuple[int | None, int | None]:
    """Read `line 1, column 3)` or `end of document)` off a message of tomllib."""
    numbers = [int(word.strip("),")) for word in place.split() if word[0].isdigit()]
    if len(numbers) > 1:
        return numbers[0], numbers[1]
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def _yaml(path: str | Path) -> Any:
    """The library that reads YAML, or how to get it."""
    try:
        import yaml  # noqa: PLC0415
    except ImportError:
        raise ForgeError(
            "not-installed",
            f'{path}: YAML files need one more package:  pip install "forge-ml[yaml]"',
            path=str(path),
        ) from None
    return yaml


def _read_yaml(path: str | Path, text: str) -> Any:
    """Read YAML with plain values only."""
    yaml = _yaml(path)

    class Loader(yaml.SafeLoader):  # type: ignore[misc,name-defined]
        """Plain values only, and every name once."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
            """Refuse a name that stands twice."""
            seen = set()
            for key, _ in node.value:
                # A key may be a list, which YAML itself refuses; `<<` merges.
                name = (key.tag, str(key.value))
                if name in seen and not key.tag.endswith(":merge"):
                    mark = key.start_mark
                    reason = f"'{key.value}' is given twice."
                    _unreadable(path, reason, mark.line + 1, mark.column + 1)
                seen.add(name)
            return super().construct_mapping(node, deep)

    try:
        values = yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"{error.problem or error.context}."
        _unreadable(path, reason, mark.line + 1, mark.column + 1)
    except (yaml.YAMLError, ValueError) as error:
        _unreadable(path, f"{str(error).splitlines()[0]}.")
    return {} if values is None else values


def _write_json(path: str | Path, flat: Mapping[str, Any]) -> str:
    """Write JSON in the order given."""
    return json.dumps(dict(flat), indent=2, ensure_ascii=False) + "\n"


def _write_toml(path: str | Path, flat: Mapping[str, Any]) -> str:
    """Write TOML, one quoted key a line."""
    lines = (
        f"{_toml_key(key)} = {_toml(path, key, value)}" for key, value in flat.items()
    )
    return "".join(f"{line}\n" for line in lines)


def _toml_key(key: str) -> str:
    """A key as TOML wants it: quoted where it has a dot."""
    # model and model.width in one file: a bare dotted key would be a table.
    return key if key.isidentifier() and key.isascii() else _toml_text(key)


def _toml_text(text: str) -> str:
    """A text as TOML quotes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml(path: str | Path, key: str, value: Any) -> str:
    """A value as TOML writes it; None has no form there."""
    if value is None:
        _unwritable(path, f"TOML has no null, but {key} is None. Write .json or .yaml.")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = (f"{_toml_text(k)} = {_toml(path, key, v)}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(path, key, item) for item in value)}]"
    return _toml_text(str(value))


def _write_yaml(path: str | Path, flat: Mapping[str, Any]) -> str:
    """Write YAML in the order given."""
    # PyYAML writes the rare line ends of Unicode as they are, and reads them as blanks.
    plain = not _LINE_ENDS.intersection(_write_json(path, flat))
    text: str = _yaml(path).safe_dump(dict(flat), sort_keys=False, allow_unicode=plain)
    return text


_READERS: Final[Mapping[str, Callable[[str | Path, str], Any]]] = {
    ".json": _read_json,
    ".toml": _read_toml,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}
_WRITERS: Final[Mapping[str, Callable[[str | Path, Mapping[str, Any]], str]]] = {
    ".json": _write_json,
    ".toml": _write_toml,
    ".yaml": _write_yaml,
    ".yml": _write_yaml,
}
