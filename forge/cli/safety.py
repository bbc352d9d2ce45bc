"""Verbs that say whether runs are whole, and whose code may run."""

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from forge._text import plural, visible
from forge.browse.places import homes
from forge.cli.arguments import chosen, declare_runs, roots
from forge.cli.output import remark, say
from forge.cli.verbs import Command
from forge.errors import ForgeError
from forge.records.trusted import (
    TRUSTED,
    forget,
    full,
    list_path,
    remember,
    remembered,
)


_VERIFY: Final = """\
check what runs have left: sources, checkpoints, metrics, signature.

Nothing of a run is executed. The exit status is 0 if every file is as it was
written, 1 if not. Without RUN every run is checked"""

_TRUST: Final = """\
let the code of the runs below a folder run, whoever made them.

Loading a run executes its sources. Your own runs carry your signature; for those of
others Forge asks, unless they lie below a folder that is named here or in FORGE_TRUST.
Without DIR the folders are listed"""


def declare_verify(parser: ArgumentParser) -> None:
    """Add the arguments of `forge verify`.

    Args:
        parser: The parser of the verb.
    """
    _describe(parser, _VERIFY)
    declare_runs(parser, least=0)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="compare the sizes of checkpoints, not what is in them",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def verify(options: Namespace) -> int:
    """Check runs, and name every file that is not as it was written.

    Args:
        options: What the words said.

    Returns:
        0 if all runs are whole, 1 if not, or if there are none.
    """
    # What it takes is far more than listing runs does.
    from forge.rebuild.inspection import inspect_run  # noqa: PLC0415

    named = options.runs or options.query is not None
    folders = chosen(options) if named else _all(roots(options))
    how: Literal["sha256", "size"] = "size" if options.quick else "sha256"
    found = []
    for folder in folders:
        found.append(inspect_run(folder, verify=how))
        if not options.json:
            _show(found[-1])
    bad = sum(bool(one.problems) for one in found)
    if options.json:
        say(json.dumps([*map(_facts, found)], indent=2))
    elif not found:
        remark(f"no runs in {', '.join(visible(str(r)) for r in roots(options))}")
    elif len(found) > 1:
        say(f"{plural(len(found), 'run')} checked, {bad or 'none'} with problems")
    return int(bad > 0 or not found)


def _show(inspection: Any) -> None:
    """Print what came of checking a run."""
    problems = inspection.problems
    state = plural(len(problems), "problem") if problems else "good"
    facts = ", ".join((*inspection.checked, inspection.signature))
    say(f"{visible(str(inspection.folder))}  {state}  ({facts})")
    for problem in problems:
        say(f"  {visible(problem.file)} {visible(problem.text)}")


def _facts(inspection: Any) -> dict[str, Any]:
    """Describe what came of checking a run for a program."""
    return {
        "folder": str(inspection.folder),
        "good": not inspection.problems,
        "problems": [{"file": p.file, "text": p.text} for p in inspection.problems],
        "signature": inspection.signature,
    }


def declare_trust(parser: ArgumentParser) -> None:
    """Add the arguments of `forge trust`.

    Args:
        parser: The parser of the verb.
    """
    _describe(parser, _TRUST)
    parser.add_argument("folders", metavar="DIR", nargs="*", help="a folder with runs")
    parser.add_argument(
        "--forget", action="store_true", help="trust what lies below DIR no more"
    )


def trust(options: Namespace) -> int:
    """Trust folders, forget them, or list them.

    Args:
        options: What the words said.

    Returns:
        1 if nothing is trusted, or a folder to forget was not; else 0.

    Raises:
        ForgeError: `no-folder`, or `trust-list` where the list cannot be kept.
    """
    folders = [Path(name).expanduser() for name in options.folders]
    try:
        if not folders:
            return _listed()
        return (_forgotten if options.forget else _added)(folders)
    except OSError as error:
        raise ForgeError(
            "trust-list",
            f"the list of trusted folders cannot be kept: {error.strerror or error}.\n"
            f"  Name the folder in the environment instead: {TRUSTED}=DIR.",
        ) from error


def _added(folders: list[Path]) -> int:
    """Trust folders, all of them or none."""
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        raise ForgeError(
            "no-folder",
            f"there is no folder {str(missing[0])!r}.\n"
            "  Give the folder that the runs lie below, such as results.",
            path=missing[0],
        )
    for folder in folders:
        remember(folder)
        runs = plural(len(_all((folder,))), "run")
        say(f"trusted from now on: {visible(str(full(folder)))}  ({runs} below it)")
    return 0


def _forgotten(folders: list[Path]) -> int:
    """Trust folders no more; tell whether one was not trusted anyway."""
    status = 0
    for folder in folders:
        known = forget(folder)
        what = "trusted no more" if known else "was not trusted"
        say(f"{what}: {visible(str(full(folder)))}")
        status |= not known
    return status


def _listed() -> int:
    """List what is trusted, and by what."""
    found = [(place, visible(str(list_path()))) for place in remembered()]
    named = os.environ.get(TRUSTED, "").split(os.pathsep)
    found += [(full(Path(name).expanduser()), TRUSTED) for name in named if name]
    for place, by in found:
        say(f"{visible(str(place))}  ({by})")
    if not found:
        remark("no folder is trusted; your own runs carry your signature")
    return int(not found)


def _describe(parser: ArgumentParser, text: str) -> None:
    """Say what a verb does."""
    parser.description = f"{text[0].upper()}{text[1:]}."


def _all(places: tuple[Path, ...]) -> tuple[Path, ...]:
    """Find every run below folders."""
    return tuple(
        Path(home.folder) / str(number)
        for place in places
        for home in homes(place)
        for number in sorted(int(entry.name) for entry in home.runs)
    )


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "verify": Command(declare_verify, verify),
        "trust": Command(declare_trust, trust),
    }
)
