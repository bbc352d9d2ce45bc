"""The same question to many files, several at a time where the disk is slow."""

import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar


_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

#: So many questions are asked before it is known how long they take, in so many parts:
#: a single one may only have been interrupted.
_PART: Final = 16
_PARTS: Final = 3

#: Seconds that an answer out of memory takes at most.
_QUICK: Final = 2e-5

#: Above this times the work that was done somebody has waited: for a disk that has to
#: be read, or for the network.
_WAITED: Final = 2.0

#: So many questions one thread takes at once.
_PORTION: Final = 64


def spread(
    ask: Callable[[_Item], _Answer], items: Sequence[_Item], *, threads: int
) -> list[_Answer]:
    """Ask for each of many, one after the other unless that means to wait.

    Threads cost more than they bring where the answers are in memory already, so they
    are only used where most of the time is spent waiting.

    Args:
        ask: The question; several threads may ask it.
        items: What is asked about.
        threads: How many questions at a time, where that helps.

    Returns:
        The answers, in order.
    """
    found: list[_Answer] = []
    slow = 0
    for at in range(0, _PART * _PARTS, _PART):
        begin, worked = time.perf_counter(), time.thread_time()
        found += map(ask, items[at : at + _PART])
        taken = time.perf_counter() - begin
        least = _WAITED * (time.thread_time() - worked)
        slow += taken > max(least, _PART * _QUICK)
    rest = items[_PART * _PARTS :]
    if slow < _PARTS or not rest:
        return [*found, *map(ask, rest)]
    # Imported on use: lists need threads only here.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    portions = [rest[at : at + _PORTION] for at in range(0, len(rest), _PORTION)]
    with ThreadPoolExecutor(threads) as pool:
        for answers in pool.map(lambda some: [ask(one) for one in some], portions):
            found += answers
    return found
