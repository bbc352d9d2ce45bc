"""The arguments that verbs share: runs, filters, folders; mistakes as `ForgeError`."""

import argparse
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Final, NoReturn

from forge._text import did_you_mean, visible
from forge.browse.roots import roots_of
from forge.cli.mistakes import said
from forge.cli.output import progress, remark
from forge.errors import ForgeError


if TYPE_CHECKING:
    from forge.browse.source import Source


_RUN: Final = (
    "train/2, a number, an experiment for its newest, train/3:9, @ for the newest of"
    " all, a label, or a path"
)

#: So many of the runs are named where only one is wanted.
_NAMED: Final = 5


class Parser(ArgumentParser):
    """Reads the words of one verb; a mistake is an error like any other of Forge."""

    def __init__(self, *, prog: str, description: str = "") -> None:
        super().__init__(
            prog=prog,
            description=_sentence(description),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            # A script that abbreviates would break with the next option.
            allow_abbrev=False,
        )

    def read(self, words: Sequence[str]) -> Namespace:
        """Read the words of the verb.

        Args:
            words: The words after it.

        Returns:
            What they say.

        Raises:
            ForgeError: `bad-option`.
        """
        rest = iter(words)
        joined: list[str] = []
        for word in rest:
            # The greatest first: an order may begin with a dash, as options do.
            order = next(rest, None) if word in ("-s", "--sort") else None
            joined.append(word if order is None else f"--sort={order}")
        if any(action.nargs == argparse.REMAINDER for action in self._actions):
            return self.parse_args(joined)
        # Options may stand between the words, and the words still belong together.
        return self.parse_intermixed_args(joined)

    def error(self, message: str) -> NoReturn:
        """Refuse the words.

        Args:
            message: What is wrong with them.

        Raises:
            ForgeError: `bad-option`.
        """
        usage = indent(self.format_usage().strip(), "  ")
        # The word that argparse complains of stands last.
        word = message.rpartition(": ")[2].partition("=")[0].partition(" ")[0]
        hint = did_you_mean(word, self._option_string_actions)
        text = f"{self.prog}: {said(message)}.{hint}\n{usage}"
        raise ForgeError("bad-option", text)


def leading_roots(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take what says where runs lie from before the verb, as git takes its folder.

    Args:
        words: The words after `forge`.

    Returns:
        These words, and the others.

    Raises:
        ForgeError: `bad-option` if no folder follows.
    """
    at = 0
    while at < len(words) and words[at].startswith(("-R", "--results-dir")):
        at += 2 if words[at] in ("-R", "--results-dir") else 1
    if at > len(words):
        raise ForgeError("bad-option", f"forge {words[-1]}: a folder must follow.")
    return list(words[:at]), list(words[at:])


def declare_roots(parser: ArgumentParser) -> None:
    """Let a verb be told where runs lie.

    Args:
        parser: The parser of the verb.
    """
    parser.add_argument(
        "-R",
        "--results-dir",
        metavar="DIR",
        action="append",
        default=[],
        help="where runs lie; may be repeated (FORGE_RESULTS_DIR, else results)",
    )


def declare_filter(parser: ArgumentParser, *, words: bool = False) -> None:
    """Let a verb be told which runs by what they are.

    Args:
        parser: The parser of the verb.
        words: Whether a filter may stand without `-q` too.
    """
    if words:
        parser.add_argument(
            "words", metavar="FILTER", nargs="*", help="as -q: lr < 0.1 and model = cnn"
        )
    parser.add_argument(
        "-q", "--query", metavar="FILTER", help="the runs that fulfil a filter"
    )
    parser.add_argument(
        "--no-scan",
        action="store_true",
        help="look at no run folder for what has changed: what was known is the answer",
    )
    declare_roots(parser)


def declare_formats(parser: ArgumentParser) -> None:
    """Let a verb print for programs.

    Args:
        parser: The parser of the verb.
    """
    group = parser.add_mutually_exclusive_group()
    for form, what in {
        "json": "JSON",
        "csv": "CSV",
        "tsv": "tab-separated values, as when the answer is piped",
        "md": "a Markdown table",
    }.items():
        group.add_argument(
            f"--{form}", dest="format", action="store_const", const=form, help=what
        )
    parser.set_defaults(format="")


def number(word: str) -> int:
    """Read how many are wanted.

    Args:
        word: What was typed.

    Returns:
        The number.

    Raises:
        ValueError: It is none, or less than nothing.
    """
    found = int(word)
    if found < 0:
        raise ValueError(word)
    return found


def format_of(options: Namespace) -> str:
    """Read the form that was asked for.

    Args:
        options: What the words said, after `declare_formats`.

    Returns:
        `json`, `csv`, `tsv`, `md`, or nothing.
    """
    return str(options.format)


def declare_runs(parser: ArgumentParser, *, least: int = 1, query: bool = True) -> None:
    """Let a verb take runs.

    Args:
        parser: The parser of the verb.
        least: How many words it needs: none, or one, unless a filter is given.
        query: Whether it takes a filter as well.
    """
    parser.add_argument("runs", metavar="RUN", nargs="*", default=[], help=_RUN)
    if query:
        declare_filter(parser)
    else:
        declare_roots(parser)
    parser.set_defaults(least=least)


def declare_run(parser: ArgumentParser) -> None:
    """Let a verb take one run, by a word or by a filter.

    Args:
        parser: The parser of the verb.
    """
    parser.add_argument("run", metavar="RUN", nargs="?", help=_RUN)
    declare_filter(parser)


def roots(options: Namespace) -> tuple[Path, ...]:
    """Read where runs lie.

    Args:
        options: What the words said, after `declare_roots`.

    Returns:
        One folder or more.
    """
    return roots_of(options.results_dir)


def source_of(options: Namespace) -> "Source":
    """Open what answers filters; nothing is looked at yet.

    Args:
        options: What the words said, after `declare_roots` or `declare_filter`.

    Returns:
        The runs in the results folders.
    """
    from forge.browse.source import Source  # noqa: PLC0415 - not all verbs need it

    scan = not getattr(options, "no_scan", False)
    return Source(roots(options), progress, scan=scan)


def chosen(
    options: Namespace, source: "Source | None" = None, *, again: bool = False
) -> tuple[Path, ...]:
    """Find the runs that the words name.

    Args:
        options: What the words said, after `declare_runs`.
        source: Where to look for them, if that is open already.
        again: Whether what may surprise has been said before.

    Returns:
        Their folders, each once, in the order of the words.

    Raises:
        ForgeError: `no-run`, `ambiguous-run`; for every word at once. `bad-option`
            if there is no word and no filter.
    """
    # Reading records is what lists need least.
    from forge.browse.selection import select  # noqa: PLC0415

    query = getattr(options, "query", None)
    if options.least and not options.runs and query is None:
        raise _nothing_named("runs", options)
    where = source or source_of(options)
    return select(options.runs, where, query, tell=None if again else tell)


def chosen_one(options: Namespace) -> Path:
    """Find the run that a word or a filter names.

    Args:
        options: What the words said, after `declare_run`.

    Returns:
        Its folder.

    Raises:
        ForgeError: `no-run`; `ambiguous-run` also for a range, and for a filter that
            several fulfil. `bad-option` if there is neither.
    """
    from forge.browse.selection import select  # noqa: PLC0415 - as above

    query, word = options.query, options.run
    if query is None and word is None:
        raise _nothing_named("run", options)
    words = [word] if query is None else []
    found = select(words, source_of(options), query, tell=tell)
    if len(found) > 1:
        names = f"{word!r} names" if query is None else f"{query!r} is fulfilled by"
        shown = ", ".join(visible("/".join(one.parts[-2:])) for one in found[:_NAMED])
        more = ", …" if len(found) > _NAMED else ""
        raise ForgeError(
            "ambiguous-run",
            f"{names} {len(found)} runs; one is wanted: {shown}{more}.",
            options=found,
        )
    return found[0]


def behind(options: Namespace, word: str | None) -> str | None:
    """Read the word behind the run; the first one, where a filter names the run.

    Args:
        options: What the words said, after `declare_run`.
        word: The word that stood in the second place.

    Returns:
        The word; nothing if there is none.

    Raises:
        ForgeError: `bad-option` for a run and a filter.
    """
    if options.query is None or options.run is None:
        return word
    if word is not None:
        raise ForgeError(
            "bad-option",
            f"either {options.run!r} or the filter {options.query!r} says which run.",
        )
    return str(options.run)


def _nothing_named(what: str, options: Namespace) -> ForgeError:
    """Say how runs are named."""
    verb = f"forge {options.verb}"
    if getattr(options, "tags", None) is not None:
        verb = f"{verb} {shlex.quote(options.tags)}"
    names = "train/1 train/2" if options.verb in ("compare", "diff") else "train/2"
    return ForgeError(
        "bad-option",
        f"forge {options.verb}: which {what}?\n"
        f"  By name:    {verb} {names}\n"
        f"  By filter:  {verb} -q 'lr < 0.1'\n"
        f"  Names are {_RUN}.",
    )


def tell(note: str) -> None:
    """Say what may surprise in how a filter was understood.

    Args:
        note: One sentence.
    """
    remark(f"forge: note: {visible(note)}")


def _sentence(text: str) -> str:
    """Write a few words of help as a sentence."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""
