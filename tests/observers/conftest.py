"""What tests of observers share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Collect no garbage.

    Hypothesis times it, and what a signal raises while it does so is dropped.
    """
    gc.disable()
    yield
    gc.enable()
