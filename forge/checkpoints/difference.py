"""How the variables of an object differ from those of a checkpoint."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


#: How many of a kind a message lists.
LISTED = 5


@dataclass(frozen=True, slots=True)
class Variable:
    """One stored or living variable, without its value."""

    #: Where it is, such as `sequential/dense/kernel`.
    path: str
    #: Its extent in each dimension.
    shape: tuple[int, ...]
    #: The name of its type of number.
    dtype: str

    def __str__(self) -> str:
        return f"{self.path} {self.kind}"

    @property
    def kind(self) -> str:
        """Type and shape, such as `float32[3, 4]`."""
        return f"{self.dtype}{list(self.shape)}"

    def fits(self, other: "Variable") -> bool:
        """Say whether the value of one can be put into the other.

        Args:
            other: The variable to compare with.

        Returns:
            Whether shape and type are equal.
        """
        return self.shape == other.shape and self.dtype == other.dtype


@dataclass(frozen=True, slots=True)
class Difference:
    """What fits between an object and a checkpoint, and what does not."""

    #: What fits, as the object calls it.
    fitting: tuple[str, ...] = ()
    #: In the object, not in the checkpoint.
    missing: tuple[str, ...] = ()
    #: In the checkpoint, not in the object.
    unexpected: tuple[str, ...] = ()
    #: In both, with another shape or type.
    different: tuple[str, ...] = ()
    #: What would make it fit, if more is known than the lists say.
    remedy: str = ""

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.different)

    def lines(self) -> list[str]:
        """Write the three lists, five of each.

        Returns:
            A line for each list that has entries.
        """
        rows = (
            ("missing from the checkpoint", self.missing, ", "),
            ("unexpected in the checkpoint", self.unexpected, ", "),
            ("different", self.different, "; "),
        )
        return [f"{word}: {_some(found, sep)}" for word, found, sep in rows if found]


@dataclass(frozen=True, slots=True)
class Match:
    """Which stored variable belongs to which living one."""

    #: Positions, the stored one first.
    pairs: tuple[tuple[int, int], ...]
    #: The same, in words.
    difference: Difference


def compare(
    stored: Mapping[str, Variable], living: Mapping[str, Variable]
) -> Difference:
    """Compare variables whose paths mean the same on both sides.

    Args:
        stored: The variables of the checkpoint by path.
        living: The variables of the object by path.

    Returns:
        What fits and what does not.
    """
    both = [path for path in living if path in stored]
    return Difference(
        fitting=tuple(p for p in both if stored[p].fits(living[p])),
        missing=tuple(str(v) for p, v in living.items() if p not in stored),
        unexpected=tuple(str(v) for p, v in stored.items() if p not in living),
        different=tuple(
            f"{p} is {living[p].kind}, saved as {stored[p].kind}"
            for p in both
            if not stored[p].fits(living[p])
        ),
    )


def match(stored: Sequence[Variable], living: Sequence[Variable]) -> Match:
    """Find the stored value for each variable of an object.

    When both sides have the same paths, paths decide. Otherwise automatic counters
    (`dense_2`, which only says how many layers the process had made before) are
    taken off, and variables whose paths read alike then are matched in their order.
    Where that leaves something over, positions decide if they agree in everything:
    a model has its own name in front of all paths or not, depending on whether it
    was called or built.

    Args:
        stored: The variables of the checkpoint, in order.
        living: The variables of the object, in order.

    Returns:
        The pairs that fit, and everything that does not.
    """
    found = _by_path(stored, living)
    if found.difference and len(stored) == len(living):
        both = zip(stored, living, strict=True)
        if all(a.fits(b) and _alike(a.path, b.path) for a, b in both):
            fitting = tuple(v.path for v in living)
            pairs = tuple((i, i) for i in range(len(living)))
            return Match(pairs, Difference(fitting=fitting))
    return found


def _by_path(stored: Sequence[Variable], living: Sequence[Variable]) -> Match:
    """Match by paths alone, exact ones if both sides have the same."""
    exact = Counter(v.path for v in stored) == Counter(v.path for v in living)
    mine = _keys(stored, exact=exact)
    theirs = {key: i for i, key in enumerate(_keys(living, exact=exact))}
    pairs, different, unexpected = [], [], []
    for i, key in enumerate(mine):
        j = theirs.pop(key, None)
        if j is None:
            unexpected.append(str(stored[i]))
        elif stored[i].fits(living[j]):
            pairs.append((i, j))
        else:
            here, there = living[j].kind, stored[i].kind
            different.append(f"{living[j].path} is {here}, saved as {there}")
    return Match(
        tuple(pairs),
        Difference(
            fitting=tuple(living[j].path for _, j in pairs),
            missing=tuple(str(living[j]) for j in theirs.values()),
            unexpected=tuple(unexpected),
            different=tuple(different),
        ),
    )


def _without_counters(path: str) -> str:
    """Take off the numbers that Keras appends to automatic names."""
    # Optimizers join paths with underscores: adam/dense_1_kernel_momentum.
    return re.sub(r"_\d+(?=[/_]|$)", "", path)


def _alike(a: str, b: str) -> bool:
    """Say whether two paths are the same but for names in front of what they name."""
    words = [re.split(r"[/_]", _without_counters(path)) for path in (a, b)]
    short, long = sorted(words, key=len)
    rest = iter(long)
    return short[-1] == long[-1] and all(word in rest for word in short)


def _keys(variables: Iterable[Variable], *, exact: bool) -> list[tuple[str, int]]:
    """Name each variable by its path and its turn among equal paths."""
    seen: Counter[str] = Counter()
    keys = []
    for v in variables:
        path = v.path if exact else _without_counters(v.path)
        keys.append((path, seen[path]))
        seen[path] += 1
    return keys


def _some(found: Sequence[str], separator: str) -> str:
    """Write the first five, and how many more there are."""
    more = len(found) - LISTED
    text = separator.join(found[:LISTED])
    return f"{text}{separator}and {more} more" if more > 0 else text
