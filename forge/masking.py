"""Values that are never written down: passwords, keys, tokens; told by their names."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from typing import Any, Final


#: What is written in the place of such a value.
MASK: Final = "***"

#: Names of files that keys and passwords are kept in.
_FILES: Final = (
    ".env",
    ".env.*",
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "id_rsa*",
    ".netrc",
    ".pypirc",
    ".npmrc",
)

#: Last words of names whose texts are secrets, whatever they look like.
_SURE: Final = frozenset(
    [
        "apikey",
        "credential",
        "credentials",
        "passphrase",
        "passwd",
        "password",
        "secret",
        "secrets",
    ]
)
#: Words that make a key or a token one that opens something.
_OPENING: Final = frozenset(
    [
        "access",
        "account",
        "api",
        "auth",
        "bearer",
        "bot",
        "client",
        "encryption",
        "github",
        "gitlab",
        "hf",
        "hub",
        "jwt",
        "license",
        "oauth",
        "openai",
        "personal",
        "private",
        "refresh",
        "secret",
        "session",
        "signing",
        "slack",
        "ssh",
        "wandb",
    ]
)
_KEYS: Final = frozenset(("key", "keys", "token", "tokens"))

#: What tokens of well-known services look like.
_KNOWN: Final = re.compile(
    r"\b(?:sk-[\w-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|hf_[A-Za-z0-9]{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{12,}"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
)
_HEX: Final = re.compile(r"[0-9a-fA-F]{32,}")
_DRAWN: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=(?:.*\d){3})[A-Za-z0-9+=_-]{20,}")
_LOGIN: Final = re.compile(r"(?P<start>[A-Za-z][\w+.-]*://[^/?#\s:@]*:)[^/?#\s@]+@")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

#: An assignment of a text, in Python, JSON, YAML or TOML; also inside of a notebook.
_QUOTED: Final = re.compile(
    r"""(?P<start>(?P<name>[A-Za-z_][\w.-]*)\\?["']?\s*(?::\s*[\w.\[\] |]+)?[=:]\s*)"""
    r"""(?P<quote>\\?["'])(?P<value>(?:(?!(?P=quote)).)*)(?P=quote)"""
)
#: A line of a file of settings, which has no quotes.
_SETTING: Final = re.compile(
    r"(?P<start>^[-+ ]\s*(?:export\s+)?(?P<name>[A-Za-z_][\w.-]*)\s*[=:]\s*)"
    r"(?P<value>[^\s\"'#]+)\s*$"
)
_BEGIN: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_END: Final = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")


def is_secret(name: str, value: Any) -> bool:
    """Tell whether a value must not be written down.

    A name such as `n_tokens`, `pad_token` or `key` says too little in machine
    learning: there the value has to look like one that was drawn at random.

    Args:
        name: Its name, the last part of a dotted key counts.
        value: Anything; only texts are secrets.

    Returns:
        Whether it is the value of a password, a key or a token.
    """
    if not isinstance(value, str) or not value or value == MASK:
        return False
    if _KNOWN.fullmatch(value):
        return True
    words = [word.lower() for word in _WORD.findall(name.rpartition(".")[2])]
    if not words:
        return False
    if words[-1] in _SURE or (words[-1] in _KEYS and {*words[:-1]} & _OPENING):
        return True
    drawn = _HEX.fullmatch(value) or _DRAWN.fullmatch(value)
    return words[-1] in _KEYS and drawn is not None


def is_secret_file(path: str) -> bool:
    """Tell files that are never copied, whatever asks for them.

    Args:
        path: A path.

    Returns:
        Whether its name is one that keys and passwords are kept under.
    """
    name = posixpath.basename(path)
    # A module may well be called id_map.py; keys have no such ending.
    is_key = name.startswith("id_") and "." not in name
    return is_key or any(fnmatch(name, pattern) for pattern in _FILES)


def masked(name: str, value: Any) -> Any:
    """Leave out what must not be written down.

    Args:
        name: The name of a value.
        value: The value in its stored form.

    Returns:
        The value with `***` in place of secrets, also inside of containers, and of
        passwords in addresses.
    """
    if isinstance(value, str):
        if is_secret(name, value):
            return MASK
        return _LOGIN.sub(rf"\g<start>{MASK}@", value) if "://" in value else value
    if isinstance(value, dict):
        return {key: masked(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(name, item) for item in value]
    return value


def masked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what must not be written down of a flat config.

    Args:
        values: The values by full key.

    Returns:
        The same keys.
    """
    return {key: masked(key, value) for key, value in values.items()}


def is_masked(value: Any) -> bool:
    """Tell whether something was left out of a stored value.

    Args:
        value: A value of a stored config.

    Returns:
        Whether it cannot be used as it is.
    """
    if isinstance(value, str):
        return value == MASK or f":{MASK}@" in value
    if isinstance(value, dict):
        return any(map(is_masked, value.values()))
    return isinstance(value, list) and any(map(is_masked, value))


def masked_words(words: Sequence[str]) -> tuple[str, ...]:
    """Leave out what must not be written down of a command line.

    Args:
        words: The words, such as `model.api_key=abc`, or `--password` and `abc`.

    Returns:
        As many words.
    """
    found = []
    before = ""
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            found.append(f"{name}={masked(name.lstrip('-'), value)}")
        else:
            found.append(masked(before.lstrip("-"), word))
        before = word if word.startswith("--") and not equals else ""
    return tuple(found)


def masked_diff(diff: bytes) -> bytes:
    """Leave out what must not be written down of the differences to a commit.

    Args:
        diff: What git says.

    Returns:
        The same lines, with `***` in place of secrets, and without files that keys
        and passwords are kept in.
    """
    return b"\n".join(
        line.encode("utf-8", "surrogateescape")
        for line in _masked_lines(
            diff.decode("utf-8", "surrogateescape").split("\n"),
        )
    )


def _masked_lines(lines: Sequence[str]) -> Iterator[str]:
    """Leave secrets out, line by line."""
    is_code = inside = left_out = False
    for line in lines:
        if line.startswith("diff --git "):
            left_out = is_secret_file(line.rstrip().rstrip('"').rpartition(" ")[2])
        if left_out:
            continue
        if line.startswith("+++ "):
            is_code = line.rstrip().endswith((".py", ".ipynb"))
        if _END.search(line):
            inside = False
        yield f"{line[:1]}{MASK}" if inside else _masked_line(line, is_code=is_code)
        inside = inside or bool(_BEGIN.search(line))


def _masked_line(line: str, *, is_code: bool) -> str:
    """Leave secrets out of one line."""
    line = _QUOTED.sub(_replaced, line)
    if not is_code:
        # In code, what has no quotes is a name or a call.
        line = _SETTING.sub(_replaced, line)
    if "://" in line:
        line = _LOGIN.sub(rf"\g<start>{MASK}@", line)
    return _KNOWN.sub(MASK, line)


def _replaced(match: re.Match[str]) -> str:
    """Replace the value of an assignment if it is a secret."""
    if not is_secret(match["name"], match["value"]):
        return match[0]
    quote = match.groupdict().get("quote") or ""
    return f"{match['start']}{quote}{MASK}{quote}"
