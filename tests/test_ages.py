"""Whether a change shows in the time of a file."""

import pytest

from forge._ages import is_settled


SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("changed", "later", "settled"),
    [
        # A file system that knows fractions of a second.
        (100 * SECOND + 1, 40_000_000, False),
        (100 * SECOND + 1, 60_000_000, True),
        # One that may not.
        (100 * SECOND, 60_000_000, False),
        (100 * SECOND, 2 * SECOND + 1, True),
        # A clock that was set back.
        (100 * SECOND + 1, -SECOND, False),
    ],
)
def test_what_was_changed_a_moment_ago_may_change_unseen(changed, later, settled):
    assert is_settled(changed, changed + later) is settled
