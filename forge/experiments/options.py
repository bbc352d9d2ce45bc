"""What the options of decorators, runs and loads take."""

import os
import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from operator import index
from typing import Any, Final, NamedTuple

from forge._text import brief, did_you_mean
from forge.errors import ForgeError, together
from forge.records.goals import goal_of
from forge.signature import fill_of


class Rule(NamedTuple):
    """What an option takes.

    Attributes:
        expected: That in words.
        accepts: Tells whether a value is that.
    """

    expected: str
    accepts: Callable[[Any], bool]


def check_options(
    call: str, options: Mapping[str, Any], rules: Mapping[str, Rule]
) -> None:
    """Refuse what an option does not take, before anything is done with it.

    Args:
        call: What takes the options: `@forge.experiment`, or a function's name.
        options: What was given, by name.
        rules: What each takes. An option without a rule is not looked at.

    Raises:
        ForgeError: `bad-option`, for all mistakes at once.
    """
    errors = _refusals(call, options, rules)
    if errors:
        raise together(errors)


def check_decorator(options: Mapping[str, Any], slots: Mapping[str, Any]) -> None:
    """Refuse what an option of `@forge.experiment` does not take.

    Args:
        options: All of them by name.
        slots: What else was given, by name: only components make slots.

    Raises:
        ForgeError: `bad-option`, for all mistakes at once; `no-best-metric`.
    """
    errors = [_no_slot(*pair) for pair in slots.items() if not _is_slot(pair[1])]
    errors += _refusals("@forge.experiment", options, _DECORATOR)
    if errors:
        raise together(errors)
    if options["keep_best"] and options["goal"] is None:
        raise ForgeError(
            "no-best-metric",
            f"@forge.experiment(keep_best={options['keep_best']}): best by which "
            f"metric? Name it:  goal='max accuracy'",
        )


def check_run(call: str, config: Any, options: Mapping[str, Any]) -> None:
    """Refuse what cannot be asked of a run, before anything is written.

    Args:
        call: The function that was called.
        config: The values it was given.
        options: Its further arguments by name.

    Raises:
        ForgeError: `bad-option`, for all mistakes at once.
    """
    errors = []
    if config is not None and not _VALUES.accepts(config):
        errors.append(_no_config(call, config))
    errors += [_unknown(call, *pair) for pair in options.items() if pair[0] not in _RUN]
    errors += _refusals(call, options, _RUN)
    if errors:
        raise together(errors)


def _refusals(
    call: str, options: Mapping[str, Any], rules: Mapping[str, Rule]
) -> list[ForgeError]:
    """List what is wrong with the values of options that there are."""
    before = "" if call.startswith("@") else "..., "
    return [
        ForgeError(
            "bad-option",
            f"{call}({before}{name}={brief(value)}): expected {rules[name].expected}.",
            name=name,
        )
        for name, value in options.items()
        if name in rules and not rules[name].accepts(value)
    ]


def _no_slot(name: str, value: Any) -> ForgeError:
    """Say that there is no such option, and what makes a slot."""
    hint = did_you_mean(name, _DECORATOR)
    return ForgeError(
        "bad-option",
        f"@forge.experiment({name}={brief(value)}): there is no option '{name}'.{hint}"
        f"\n  A slot takes a component, such as a function that is decorated with "
        f"@forge.dataset; parameters stand in the signature.\n"
        f"  options: {', '.join(_DECORATOR)}",
        name=name,
    )


def _unknown(call: str, name: str, value: Any) -> ForgeError:
    """Say that there is no such argument, and where parameters go."""
    known = ["config", *_RUN]
    given = brief(value)
    return ForgeError(
        "bad-option",
        f"{call}({name}={given}): there is no argument '{name}'."
        f"{did_you_mean(name, known)}\n"
        f"  Parameters are given in a dictionary:  {call}({{{name!r}: {given}}})\n"
        f"  arguments: {', '.join(known)}",
        name=name,
    )


def _no_config(call: str, config: Any) -> ForgeError:
    """Say that values were given without their names."""
    typed = f" What one types is:  {call}(words=[{brief(config)}])"
    return ForgeError(
        "bad-option",
        f"{call}({brief(config)}): values are given in a dictionary by key, such as "
        f"{{'lr': 0.1}}.{typed if isinstance(config, str) else ''}",
        name="config",
    )


def _one_of(*words: str) -> Rule:
    """Make the rule of an option that takes one of a few words."""
    known = ", ".join(words)
    return Rule(f"one of {known}", words.__contains__)


def _is_count(value: Any) -> bool:
    """Tell whether something is a whole number that is not negative."""
    try:
        return not isinstance(value, bool) and index(value) >= 0
    except TypeError:
        return False


def _is_text(value: Any) -> bool:
    """Tell whether something is a text."""
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    """Tell whether something is a list of texts; one text alone is none."""
    several = isinstance(value, Collection) and not isinstance(value, str)
    return several and all(map(_is_text, value))


def _is_name(value: Any) -> bool:
    """Tell whether runs can be kept in a folder of that name, and be named by it."""
    return (
        isinstance(value, str)
        and value.isprintable()
        and value[:1] not in ("", ".", "-")
        and not set(value) & set("/\\@")
    )


def _is_slot(value: Any) -> bool:
    """Tell whether something makes a slot: a component, or several in a list."""
    items = value if isinstance(value, list | tuple) else [value]
    return bool(items) and all(fill_of(item) is not None for item in items)


def _is_goal(value: Any) -> bool:
    """Tell whether something says what is best."""
    if not isinstance(value, str) or (goal := goal_of(value)) is None:
        return False
    if _MISSPELT.match(value.strip()):
        return False
    # A metric `accuracy max` is none that a run logs.
    is_bare = goal.metric == value.strip()
    return not is_bare or value.split()[-1] not in ("max", "min")


#: What was meant to say which end is best, and would be part of a metric's name.
_MISSPELT: Final = re.compile(
    r"(?!(?-i:max|min)\s+[^\s:=])(?:max|min)(?:imi[sz](?:e|es|ed|ing)|imum|imal)?[\s:=]",
    re.IGNORECASE,
)


def _or_none(rule: Rule) -> Rule:
    """Make the rule of an option that may be left open."""
    return Rule(rule.expected, lambda value: value is None or rule.accepts(value))


_FLAG: Final = Rule("True or False", lambda v: not isinstance(v, str) and v in (0, 1))
_COUNT: Final = Rule("a whole number that is not negative", _is_count)
_TEXT: Final = Rule("a text", _is_text)
_TEXTS: Final = Rule("a list of texts, such as ['first']", _are_texts)
_VALUES: Final = Rule("a dictionary", lambda value: isinstance(value, Mapping))
_PATH: Final = Rule("a path", lambda value: isinstance(value, str | os.PathLike))

#: How files of checkpoints are checked.
_VERIFY: Final = _one_of("sha256", "size")

#: The options of `@forge.experiment`.
_DECORATOR: Final[Mapping[str, Rule]] = {
    "name": _or_none(
        Rule("a name without / \\ @ in it, and neither . nor - first", _is_name)
    ),
    "results_dir": _or_none(_PATH),
    "config": _or_none(_PATH),
    "report_every": _or_none(_COUNT),
    "goal": _or_none(
        Rule("a metric, with max or min before it: 'max accuracy'", _is_goal)
    ),
    "resumable": _FLAG,
    "final_checkpoint": _FLAG,
    "keep_last": _or_none(Rule(f"{_COUNT.expected}, or None for all", _is_count)),
    "keep_best": _COUNT,
    "keep_every": _or_none(
        Rule(
            "a number of steps or a timedelta",
            lambda v: v > timedelta(0) if isinstance(v, timedelta) else _is_count(v),
        )
    ),
    "verify": _VERIFY,
    "sources": _TEXTS,
}

#: The options of a run that is started from Python.
_RUN: Final[Mapping[str, Rule]] = {
    "presets": _TEXTS,
    "words": _TEXTS,
    "command": _or_none(_TEXT),
    "results_dir": _or_none(_PATH),
    "record": _FLAG,
    "resume": _or_none(
        Rule(
            "a run's folder or reference, or True for the newest",
            lambda value: isinstance(value, bool | str | os.PathLike),
        )
    ),
    "tags": _TEXTS,
    "label": _or_none(_TEXT),
    "note": _or_none(_TEXT),
    "capture": _one_of("no", "sys", "fd"),
    "quiet": _FLAG,
    "argv": _TEXTS,
    "code": _or_none(_one_of("stored", "current")),
}

#: The options of `Experiment.load`.
LOAD: Final[Mapping[str, Rule]] = {
    "config": _or_none(_VALUES),
    "ignore": _TEXTS,
    "rename": _or_none(_VALUES),
    "code": _one_of("stored", "current"),
    "leaks": _one_of("error", "warn"),
    "verify": _VERIFY,
}
