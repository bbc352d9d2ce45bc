"""Names with commas between them, as columns, orders and groups are given."""

import re
from typing import Final

from forge.browse.expression import SECTIONS, STATISTICS, Name, name_of


_SECTION: Final = rf"(?:(?P<section>{'|'.join(SECTIONS)})\.)?"
_QUOTED: Final = r""""(?P<text>(?:[^"\\]|\\.)*)"|'(?P<other>(?:[^'\\]|\\.)*)'"""
_STATISTIC: Final = rf"(?:\.(?P<statistic>{'|'.join(STATISTICS)}))?"

_NAME: Final = re.compile(rf"{_SECTION}(?:{_QUOTED}){_STATISTIC}", re.DOTALL)

#: A name in quotes may have commas in it.
_PART: Final = re.compile(
    rf"\s*[+-]?{_SECTION}(?:{_QUOTED}){_STATISTIC}\s*(?=,|$)|[^,]*", re.DOTALL
)


def divided(text: str) -> list[str]:
    """Divide names at the commas between them.

    Args:
        text: Such as `lr,summary."a, b".max`.

    Returns:
        The names as they were written; empty ones are left out.
    """
    parts = []
    at = 0
    while at <= len(text):
        # It matches in any case: also nothing at all.
        end = at + len(_PART.match(text, at)[0])  # type: ignore[index]
        parts.append(text[at:end].strip())
        at = end + 1
    return [part for part in parts if part]


def named(word: str) -> Name:
    """Take a name apart as filters do.

    Args:
        word: The name as it was written, perhaps in quotes behind its section.

    Returns:
        The name.
    """
    match = _NAME.fullmatch(word)
    if match is None:
        return name_of(word)
    text = match["other"] if match["text"] is None else match["text"]
    name = re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
    section, statistic = match["section"] or "", match["statistic"] or ""
    if statistic and section != "summary":
        return Name(section, f"{name}.{statistic}")
    return Name(section, name, statistic)
