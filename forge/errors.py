"""The one exception users see: a code, the facts, and what would work."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from forge._text import visible


#: Longer lines of a message are cut: names out of a run folder have any length.
_LONGEST_LINE: Final = 2_000

#: What Python calls, and what is typed instead.
_TYPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "load(..., ignore=[...]), load(..., rename={old: new}), or"
        " load(..., code='stored')": "--code stored",
        "load(..., code='stored')": "--code stored",
        # In the notebook itself nothing is typed.
        "been run again: load(..., code='current')": (
            "been run again: load(..., code='current')"
        ),
        "with load(..., code='current'), or let it in with load(..., leaks='warn')": (
            "with --code current in a call of the script"
        ),
        "load(..., code='current')": "--code current in a call of the script",
        "    for this run:              load(..., trust=True)\n": "",
        "load(..., step=None)": "the script without --from",
        "step=None takes fresh weights.": "Without --from weights are fresh.",
    }
)
_ADVICE: Final = re.compile("|".join(map(re.escape, _TYPED)))


class ForgeError(Exception):
    """A mistake that Forge refuses, said so that it can be put right.

    Every fact is an attribute as well, so that a program need not read the text:
    `error.key`, `error.options`, and so on, as the raising place names them.

    Whatever a name out of a run folder is made of, the text moves no cursor and
    colours nothing: it may go to a terminal, a log or a page.

    Attributes:
        code: The stable word for this kind of mistake, such as `unknown-key`.
        text: What happened, where, and what would work; without any prefix.
        facts: The facts by name.
    """

    def __init__(
        self,
        code: str,
        text: str,
        /,
        *,
        errors: Sequence["ForgeError"] = (),
        **facts: Any,
    ) -> None:
        self.code = code
        self.text = "\n".join(map(_harmless, text.split("\n")))
        super().__init__(code, self.text)
        self.facts = facts
        self._errors = tuple(errors)

    @property
    def errors(self) -> tuple["ForgeError", ...]:
        """The single mistakes; a mistake that stands alone lists itself."""
        return self._errors or (self,)

    def __getattr__(self, name: str) -> Any:
        # Read through __dict__: unpickling and copying ask before it is filled.
        facts = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(name)

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), (self.code, self.text), self._errors, self.facts)


class UntrustedRun(ForgeError):  # noqa: N818 - named for what it found
    """Code of a run folder would have to run, and nobody has said it may."""


class Interrupt(ForgeError):  # noqa: N818 - raised by users to stop, not an error
    """Ends a run on purpose: `raise forge.Interrupt("timeout")`.

    The run is recorded as INTERRUPTED with the reason, and the exit status is 0.

    Args:
        reason: Why the run stops, in a few words.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__("interrupt", reason or "interrupted")
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason,)


def together(errors: Sequence[ForgeError]) -> ForgeError:
    """Make one error of several mistakes, so that all are reported at once.

    Args:
        errors: At least one error; equal texts count once.

    Returns:
        The error itself when there is one, else an error that carries all of them
        in `.errors`, with the code of the first and the texts one below the other.
    """
    single: dict[str, ForgeError] = {}
    for error in errors:
        for one in error.errors:
            single.setdefault(str(one), one)
    unique = tuple(single.values())
    if len(unique) == 1:
        return unique[0]
    return ForgeError(unique[0].code, "\n".join(map(str, unique)), errors=unique)


def block(error: ForgeError, *, typed: bool = False) -> str:
    """Format a mistake as the command line prints it.

    Args:
        error: One error or several in one.
        typed: Whether it came of what was typed, and of no line of the user's Python:
            then the advice is what to type.

    Returns:
        One `forge: error: ` block a mistake, without a final newline.
    """
    text = "\n".join(f"forge: error: {single}" for single in error.errors)
    return _ADVICE.sub(lambda found: _TYPED[found[0]], text) if typed else text


def _harmless(line: str) -> str:
    """Show a line that may hold anything."""
    if len(line) > _LONGEST_LINE:
        line = f"{line[:_LONGEST_LINE]}… ({len(line):,} characters)"
    return visible(line)


def _restore(
    kind: type[ForgeError],
    said: tuple[str, str],
    errors: tuple[ForgeError, ...],
    facts: dict[str, Any],
) -> ForgeError:
    """Make an error again in another process."""
    made = kind if kind.__init__ is ForgeError.__init__ else ForgeError
    return made(*said, errors=errors, **facts)
