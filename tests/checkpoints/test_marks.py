"""Items known again by what they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.checkpoints.marks import mark, traits


ITEMS = st.recursive(
    st.integers() | st.text() | st.floats(allow_nan=False) | st.booleans(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)


@given(ITEMS)
def test_an_item_is_known_again(item):
    assert mark(item) == mark(item) is not None
    assert mark({"x": item, "y": 1}) != mark({"x": item, "y": 2})


def test_arrays_are_known_by_their_values_types_and_shapes():
    array = np.arange(6.0)
    assert mark(array) == mark(array.copy())
    others = [array + 1, array.astype(np.float32), array.reshape(2, 3), array[::-1]]
    assert len({mark(x) for x in [array, *others]}) == 5


def test_of_large_arrays_the_ends_are_looked_at():
    large = np.zeros(1 << 22, np.uint8)
    first, last = large.copy(), large.copy()
    first[0] = last[-1] = 1
    assert len({mark(large), mark(first), mark(last)}) == 3


def test_what_cannot_be_compared_has_no_mark():
    assert mark(object()) is None
    assert mark([]) is None
    assert mark(None) is None


def test_text_in_arrays_is_compared():
    assert mark(np.array(["a", "b"], object)) != mark(np.array(["a", "c"], object))


class Data:
    """Counts how often it was gone through."""

    def __init__(self):
        self.times = 0
        self.rng = np.random.default_rng(0)
        self.order = np.arange(4)


def test_traits_change_with_values_and_not_with_generators():
    data = Data()
    before = traits(data)
    data.rng.random()
    assert traits(data) == before
    data.times += 1
    counted = traits(data)
    assert counted != before
    data.order[:] = data.order[::-1]
    assert traits(data) not in {before, counted}


@pytest.mark.frameworks
def test_tensors_are_compared_and_those_that_are_gone_are_not():
    import jax.numpy as jnp
    import tensorflow as tf
    import torch

    for one, other in [
        (torch.ones(2), torch.zeros(2)),
        (tf.ones(2), tf.zeros(2)),
        (jnp.ones(2), jnp.zeros(2)),
    ]:
        assert mark((one, 1)) != mark((other, 1))
        assert mark(one) == mark(one + 0)
    gone = jnp.ones(2)
    gone.delete()
    assert mark(gone) is None
