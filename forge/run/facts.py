"""What run.json says of a run that begins."""

import getpass
import os
import platform
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final
from uuid import uuid4

from msgspec.structs import replace

from forge.component import Component
from forge.configuration.shapes import is_plain_scalar
from forge.configuration.stored import to_stored
from forge.configuration.tree import Scope
from forge.masking import MASK, is_secret, masked, masked_words
from forge.records.processes import this_process
from forge.records.record import Record
from forge.records.runfile import (
    KIND_SCRIPT,
    ComponentFact,
    InjectedFact,
    Parent,
    RunFile,
    Session,
)
from forge.records.sessions import components_at, lineage_at
from forge.records.status import Status
from forge.run.plan import Plan, Resumption
from forge.run.sources import Sources


#: Names what to record of the environment, separated by commas: `SLURM_*,OMP_*`.
ENVIRONMENT: Final = "FORGE_ENVIRONMENT"

#: The variables that an account is named by, before it is looked up.
_ACCOUNT: Final = ("LOGNAME", "USER", "LNAME", "USERNAME")

#: Before the name of a module that was imported from the folder of a run.
_STORED: Final = re.compile(r"^forge\._runs\.\w+\.")


def now() -> str:
    """Tell the time as ISO text with its offset from UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def first_facts(plan: Plan, number: int, sources: Sources | None) -> RunFile:
    """Collect what is known of a run before it begins.

    Args:
        plan: The run.
        number: Its number.
        sources: The copies of its sources.

    Returns:
        The first state of run.json.
    """
    started = now()
    process = this_process()
    return RunFile(
        uid=uuid4().hex,
        name=plan.name,
        number=number,
        status=Status.RUNNING,
        label=plan.label,
        command=plan.command.name if plan.command else None,
        argv=masked_words(plan.argv),
        cwd=os.getcwd(),  # noqa: PTH109 - as the user sees it, links not resolved
        main=sources.main if sources else None,
        started=started,
        user=_user(),
        pid=process.pid,
        pid_started=process.started,
        boot=process.boot,
        pid_namespace=process.namespace,
        python=platform.python_version(),
        platform=f"{sys.platform} {platform.machine()}",
        environment=environment(),
        components=component_facts(plan, sources),
        goal=plan.settings.goal,
        presets=tuple(plan.presets),
        notes=plan.config.notes,
        parent=plan.parent,
        lineage=dict(plan.lineage),
        rebuildable=sources.rebuildable if sources else True,
        sessions=(_session(plan, started, "sources"),),
    )


def resumed_facts(plan: Plan, resumption: Resumption, sources: Sources) -> RunFile:
    """Collect what is known of a run that goes on.

    Args:
        plan: The run.
        resumption: What went before, and what is new.
        sources: The copies of today's sources.

    Returns:
        The next state of run.json: the facts of its start, and one more session.
    """
    before = resumption.record.run
    started = now()
    process = this_process()
    folder = before.sessions[-1].sources if before.sessions else "sources"
    if resumption.new_sources:
        folder = f"sources-{len(before.sessions) + 1}"
    session = _session(plan, started, folder)
    facts = {name: getattr(before, name) for name in before.__struct_fields__}
    facts |= {
        "status": Status.RUNNING,
        "reason": "",
        "label": plan.label or before.label,
        "ended": None,
        "pid": process.pid,
        "pid_started": process.started,
        "boot": process.boot,
        "pid_namespace": process.namespace,
        "sessions": (
            *map(_over, before.sessions),
            replace(
                session,
                resumed=resumption.step or 0,
                changes=dict(resumption.changes),
                components=_components_anew(plan, resumption.record, sources),
                lineage=_lineage_anew(plan, resumption.record),
            ),
        ),
    }
    return RunFile(**facts)


def _over(session: Session) -> Session:
    """Say of a session whose process was killed that it is over."""
    if session.status is not Status.RUNNING:
        return session
    gone = "its process was gone when the run was resumed"
    return replace(session, status=Status.INTERRUPTED, reason=session.reason or gone)


def environment() -> dict[str, str]:
    """Find the variables of the environment that are to be recorded.

    Returns:
        Those that `FORGE_ENVIRONMENT` names, by name; of passwords, keys and tokens
        only that they were set.
    """
    names = os.environ.get(ENVIRONMENT, "").split(",")
    patterns = [name.strip() for name in names if name.strip()]
    if not patterns:
        return {}
    return {
        name: masked(name, value)
        for name, value in sorted(os.environ.items())
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }


def component_facts(plan: Plan, sources: Sources | None) -> tuple[ComponentFact, ...]:
    """Describe the components that a run is made of.

    Args:
        plan: The run.
        sources: The copies of its sources.

    Returns:
        The experiment first, then every filled slot in the order of the tree.
    """
    tree = plan.config.tree
    places: dict[str, str] = {}
    hashes: dict[str, str] = {}
    if sources is not None:
        places = {str(sources.root / copy.path): copy.path for copy in sources.files}
        places |= {file: path for path, file in sources.outside.items()}
        places |= sources.typed
        hashes = {copy.path: copy.sha256 for copy in sources.files}
    return tuple(_component_fact(s, places, hashes) for s in tree.scopes.values())


def _components_anew(
    plan: Plan, before: Record, sources: Sources
) -> tuple[ComponentFact, ...]:
    """Describe the components where they are others than so far."""
    former = components_at(before)
    # Config files are loaded later, and described then.
    if not former or any(fact.kind == KIND_SCRIPT for fact in former):
        return ()
    today = component_facts(plan, sources)
    same = [*map(_identity, today)] == [*map(_identity, former)]
    return () if same else today


def _lineage_anew(plan: Plan, before: Record) -> dict[str, Parent] | None:
    """Name the runs that components come from where they are others than so far."""
    today = dict(plan.lineage)
    return None if today == lineage_at(before) else today


def _identity(fact: ComponentFact) -> tuple[str | None, ...]:
    """Tell a component from others, however its text has changed."""
    where = fact.file or fact.module
    return fact.path, fact.kind, fact.name, fact.qualname, where


def injected_facts(
    injected: Mapping[str, tuple[Any, str]], config: Mapping[str, Any]
) -> dict[str, InjectedFact]:
    """Describe the plain scalars that inputs received.

    Args:
        injected: Value and origin by path.
        config: The values by full key: secrets among them are handed on by any name.

    Returns:
        What is recorded of them.
    """
    secrets = {value for key, value in config.items() if is_secret(key, value)}
    found = {}
    for path, (value, origin) in injected.items():
        if is_plain_scalar(value):
            plain = masked(path, to_stored(_plain(value)))
            secret = isinstance(plain, str) and plain in secrets
            found[path] = InjectedFact(value=MASK if secret else plain, origin=origin)
    return found


def files_of(plan: Plan) -> list[str]:
    """List the files that define the components of a run."""
    scopes = plan.config.tree.scopes.values()
    found = {scope.component.file for scope in scopes}
    return sorted(file for file in found if file and os.path.isfile(file))  # noqa: PTH113


def _component_fact(
    scope: Scope, places: dict[str, str], hashes: dict[str, str]
) -> ComponentFact:
    """Describe one component at its place."""
    component: Component = scope.component
    file = component.file or ""
    place = places.get(file) or places.get(os.path.realpath(file) if file else "")
    return ComponentFact(
        path=scope.path,
        kind=component.kind,
        name=component.name,
        module=_STORED.sub("", component.module),
        qualname=component.qualname,
        file=place or None,
        sha256=hashes.get(place or ""),
    )


def _session(plan: Plan, started: str, sources: str) -> Session:
    """Describe the stretch that begins now."""
    return Session(
        started=started,
        host=platform.node(),
        pid=os.getpid(),
        argv=masked_words(plan.argv),
        sources=sources,
    )


def _user() -> str | None:
    """Name the account."""
    return _account(os.getuid(), *map(os.environ.get, _ACCOUNT))


# Directories of users may lie on a server, and a process may start many runs.
@cache
def _account(*_: object) -> str | None:
    """Name the account that goes with what names are found by."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None  # a container's user may have no name


def _plain(value: Any) -> Any:
    """Turn scalars of numpy into those of Python."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    item = getattr(value, "item", None)
    return item() if callable(item) else value
