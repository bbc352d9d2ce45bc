"""From executed cells to one script that holds what some of their names need."""

import builtins
import heapq
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from forge.run.statements import (
    Cell,
    Statement,
    decorators_of,
    imported_name,
    statements_of,
)


#: The first line of the script.
HEADER: Final = "# The cells of a notebook, as far as this experiment needs them."

#: What registers a function with an experiment.
REGISTERING: Final = ("preset", "command", "capture", "before", "after")

_BUILTIN_MAKING: Final = (
    *(abs, bool, bytes, bytearray, complex, dict, enumerate, float, frozenset, int),
    *(len, list, max, min, object, pow, range, reversed, round, set, slice, sorted),
    *(str, sum, tuple, type, zip),
)
# Calls of the standard library that make a value of their arguments and do nothing
# else, so that making the value again is the same as assigning it again.
_MAKING: Final = frozenset(
    {
        *(f"builtins.{made.__name__}" for made in _BUILTIN_MAKING),
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.namedtuple",
        "dataclasses.field",
        "dataclasses.make_dataclass",
        "datetime.timedelta",
        "enum.Enum",
        "enum.IntEnum",
        "enum.auto",
        "fractions.Fraction",
        "functools.partial",
        "logging.getLogger",
        "operator.attrgetter",
        "operator.itemgetter",
        "pathlib.Path",
        "pathlib.PurePath",
        "pathlib.PurePosixPath",
        "re.compile",
        "types.MappingProxyType",
        "types.SimpleNamespace",
        "typing.NamedTuple",
        "typing.NewType",
        "typing.ParamSpec",
        "typing.TypeVar",
        "typing.TypedDict",
    }
)
# What notebooks define without a cell, and where else it can be had.
_GIVEN: Final = {
    "display": "from IPython.display import display",
    "get_ipython": "from IPython import get_ipython",
}

#: Tells whether a name still has the value that a statement gave it; None if it is not
#: known.
Holds = Callable[[str, Statement], bool | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """A name whose value cannot be had again from the cells.

    Attributes:
        name: The name.
        statement: What gave it its value; None when no cell did.
        user: What needs it; empty if it was asked for itself.
        changed: Whether the value has changed since it was assigned.
    """

    name: str
    statement: Statement | None = None
    user: str = ""
    changed: bool = False

    def __str__(self) -> str:
        used = f", and used by '{self.user}'" if self.user else ""
        if self.statement is None:
            return f"'{self.name}' is defined by no executed cell{used}"
        cell, line = self.statement.cell.number, self.statement.first_line
        if self.changed:
            return f"'{self.name}' has changed since cell {cell} ({line}){used}"
        return f"'{self.name}' is computed in cell {cell} ({line}){used}"


@dataclass(frozen=True, slots=True)
class Slice:
    """A script made of cells.

    Attributes:
        text: The script, without what could not be had.
        problems: What is missing in it.
    """

    text: str
    problems: tuple[Problem, ...] = ()


def slice_cells(
    cells: Sequence[Cell],
    roots: Iterable[str],
    *,
    extra: Iterable[str] = (),
    owners: Collection[str] = (),
    namespace: Collection[str] = (),
    holds: Holds = lambda name, statement: None,
) -> Slice:
    """Take out of cells what some names need.

    Of a function or class the last definition counts, wherever it is used. A value
    that is used when something is defined is the one of that moment. The order is that
    in which the names first appeared, so running a cell again changes nothing.

    Args:
        cells: The cells in the order in which they were executed.
        roots: The names.
        extra: Further names, left out when they cannot be had.
        owners: Names of experiments: what is registered with them comes along.
        namespace: The names that have a value at all.
        holds: Whether a name still has the value that a statement gave it.

    Returns:
        The script.
    """
    cut = _Cut(statements_of(cells), owners, namespace, holds)
    names = [*roots, *owners]
    found = cut.reach(names)
    for name in extra:
        more = cut.reach([*names, name])
        if len(more.problems) <= len(found.problems):
            names.append(name)
            found = more
    return Slice(cut.write(found), tuple(found.problems.values()))


@dataclass(slots=True)
class _Reached:
    """What some names need, so far."""

    strict: bool = False
    statements: set[Statement] = field(default_factory=set)
    #: Who has to come after whom: statements by the one before them.
    after: dict[Statement, set[Statement]] = field(default_factory=dict)
    #: Who uses a version of a name when it is defined.
    users: dict[tuple[str, Statement], set[Statement]] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)


class _Cut:
    """Finds what names need in the statements of a notebook."""

    def __init__(
        self,
        statements: Sequence[Statement],
        owners: Collection[str],
        namespace: Collection[str],
        holds: Holds,
    ) -> None:
        self._statements = statements
        self._owners = owners
        self._namespace = namespace
        self._holds = holds
        self._versions: dict[str, list[Statement]] = {}
        for statement in statements:
            for name in statement.binds:
                self._versions.setdefault(name, []).append(statement)
        self._last = {name: self._current(name) for name in self._versions}

    def reach(self, roots: Iterable[str]) -> _Reached:
        """Find what names need.

        Args:
            roots: The names.

        Returns:
            The statements, in an order that is possible.
        """
        roots = list(roots)
        reached = self._reach(roots, strict=False)
        # A later definition that needs an earlier user of its own older version: only
        # the order in which all was executed is possible then.
        if self._left_out(reached):
            reached = self._reach(roots, strict=True)
            # What uses values of different moments has no order at all.
            for statement in self._left_out(reached):
                for name in sorted(statement.binds):
                    reached.problems[name] = Problem(name, statement, changed=True)
        return reached

    def write(self, reached: _Reached) -> str:
        """Write the script.

        Args:
            reached: What belongs to it.

        Returns:
            Its text.
        """
        future = {
            alias.name
            for s in self._statements
            if imported_name(s.node, "annotations").startswith("__future__.")
            for alias in getattr(s.node, "names", ())
        }
        parts = [HEADER]
        if future:
            parts.append(f"from __future__ import {', '.join(sorted(future))}")
        parts += [_GIVEN[name] for name in sorted(reached.given)]
        text, loose = "\n".join(parts), True
        for statement in _sorted(reached, self._place):
            short = statement.is_definition and "\n" not in statement.text
            tight = short or not statement.is_definition
            text += ("\n" if tight and loose else "\n\n\n") + statement.text
            loose = tight
        return f"{text}\n"

    def _reach(self, roots: Iterable[str], *, strict: bool) -> _Reached:
        """Find what names need, in the order of execution if that is asked for."""
        reached = _Reached(strict=strict)
        todo: list[tuple[str, Statement | None, bool]] = [
            (n, None, False) for n in roots
        ]
        todo += [("", statement, True) for statement in self._registered()]
        while todo:
            name, user, eager = todo.pop()
            found = (
                self._find(name, user, reached, eager=eager) if name else _only(user)
            )
            for statement in found:
                if name and user is not None and eager:
                    reached.after.setdefault(statement, set()).add(user)
                    reached.users.setdefault((name, statement), set()).add(user)
                if statement in reached.statements:
                    continue
                reached.statements.add(statement)
                todo += [(n, statement, True) for n in sorted(statement.eager)]
                todo += [(n, statement, False) for n in sorted(statement.lazy)]
        self._keep_versions_apart(reached)
        return reached

    def _registered(self) -> list[Statement]:
        """The statements that register something with the experiment, newest each."""
        begin = max(
            (s.order for o in self._owners if (s := self._last.get(o))), default=0
        )
        found: dict[tuple[str, ...], Statement] = {}
        for statement in self._statements:
            used = [*decorators_of(statement.node), *statement.calls]
            if statement.order > begin and any(map(self._registers, used)):
                found[tuple(sorted(statement.binds)) or (statement.text,)] = statement
        return list(found.values())

    def _registers(self, call: str) -> bool:
        """Whether a call registers something with the experiment."""
        owner, _, what = call.rpartition(".")
        return owner in self._owners and what in REGISTERING

    def _find(
        self, name: str, user: Statement | None, reached: _Reached, *, eager: bool
    ) -> list[Statement]:
        """Find what gives a name the value that a statement needs."""
        version = self._version(name, user, eager=eager, strict=reached.strict)
        who = _shown(user)
        if version is None:
            return self._without(name, who, reached)
        changed = version is self._last[name] and self._holds(name, version) is False
        changed = changed and not version.is_definition
        if changed or not self._is_repeatable(version):
            problem = Problem(name, version, who, changed and not version.calls)
            reached.problems.setdefault(name, problem)
            return []
        return [version]

    def _without(self, name: str, who: str, reached: _Reached) -> list[Statement]:
        """Deal with a name that no cell gives a value."""
        if name in _GIVEN:
            reached.given.add(name)
        elif hasattr(builtins, name) or (name[:2] == "__" and name[-2:] == "__"):
            pass
        elif "*" in self._versions:
            return self._versions["*"]
        elif name in self._namespace:
            reached.problems.setdefault(name, Problem(name, None, who))
        return []

    def _version(
        self, name: str, user: Statement | None, *, eager: bool, strict: bool
    ) -> Statement | None:
        """Choose among the statements that bind a name."""
        last = self._last.get(name)
        if last is None or user is None or not eager:
            return last
        before = [s for s in self._versions[name] if s.order < user.order]
        if name in user.binds and user in self._versions[name]:
            return before[-1] if before else None
        if not before:
            return None if strict or hasattr(builtins, name) else last
        if last.order < user.order:
            return last
        again = last.text == before[-1].text and not last.eager
        return last if not strict and (again or last.is_definition) else before[-1]

    def _current(self, name: str) -> Statement:
        """Find the statement that gave a name the value it has now."""
        versions = self._versions[name]
        for statement in reversed(versions):
            held = self._holds(name, statement)
            if held or (held is None and statement is versions[-1]):
                return statement
        return versions[-1]

    def _is_repeatable(self, statement: Statement) -> bool:
        """Whether executing a statement again does what it did."""
        if statement.computes and not any(map(self._registers, statement.calls)):
            return False
        return all(self._may_call(call, statement) for call in statement.calls)

    def _may_call(self, call: str, statement: Statement) -> bool:
        """Whether a call makes the same again, and does nothing else."""
        start, _, rest = call.partition(".")
        if not start:
            return False
        if self._registers(call):
            return True
        version = self._version(start, statement, eager=True, strict=False)
        full = imported_name(version.node, start) if version else f"builtins.{start}"
        full = f"{full}.{rest}" if rest else full
        return full in _MAKING or full.startswith("forge.")

    def _place(self, statement: Statement) -> tuple[int, int]:
        """Where a statement goes if nothing speaks against it."""
        firsts = [self._versions[name][0].order for name in statement.binds]
        return min(firsts, default=statement.order), statement.order

    def _left_out(self, reached: _Reached) -> list[Statement]:
        """The statements that wait for each other, as they were executed."""
        rest = reached.statements.difference(_sorted(reached, self._place))
        return sorted(rest, key=lambda s: s.order)

    def _keep_versions_apart(self, reached: _Reached) -> None:
        """Let nobody who uses a value come after what changes it, or hides it."""
        for name, versions in self._versions.items():
            kept = [s for s in versions if s in reached.statements]
            for statement in reached.statements if hasattr(builtins, name) else ():
                if name in statement.eager and statement.order < versions[0].order:
                    reached.after.setdefault(statement, set()).update(kept[:1])
            for older, newer in pairwise(kept):
                for statement in {older, *reached.users.get((name, older), ())}:
                    reached.after.setdefault(statement, set()).add(newer)


def _only(statement: Statement | None) -> list[Statement]:
    """A list of one statement, or of none."""
    return [] if statement is None else [statement]


def _shown(user: Statement | None) -> str:
    """What messages call a statement that needs something."""
    return "" if user is None else min(user.binds, default="")


def _sorted(reached: _Reached, place: Callable[[Statement], Any]) -> list[Statement]:
    """Order statements so that each comes after what it needs.

    Returns:
        The statements; those that wait for each other are left out.
    """
    waits: dict[Statement, int] = dict.fromkeys(reached.statements, 0)
    after: Mapping[Statement, set[Statement]] = {
        s: {t for t in reached.after.get(s, ()) if t in waits and t is not s}
        for s in waits
    }
    for followers in after.values():
        for statement in followers:
            waits[statement] += 1
    ready = [(place(s), s.order, s) for s, n in waits.items() if not n]
    heapq.heapify(ready)
    done = []
    while ready:
        statement = heapq.heappop(ready)[2]
        done.append(statement)
        for follower in after[statement]:
            waits[follower] -= 1
            if not waits[follower]:
                heapq.heappush(ready, (place(follower), follower.order, follower))
    return done
