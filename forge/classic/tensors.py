"""Arrays turned into minibatches of tensors."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from forge.classic.graph import tensorflow
from forge.errors import ForgeError


#: An order of this many examples is drawn anew each time round.
_LARGEST_SHUFFLE: Final = 1 << 24


def tensors_from_data(
    arrays: Mapping[str, Any],
    batch_size: int,
    axes: Mapping[str, int] | None = None,
    shuffle: bool = False,  # noqa: FBT001, FBT002 - as in 2018
) -> Any:
    """Turn arrays into minibatches of tensors, without end.

    Each time round, what is left over for a whole minibatch is left out.

    Args:
        arrays: The arrays by name; all hold as many examples.
        batch_size: How many examples a minibatch has.
        axes: The axis that counts the examples, by name; 0 by default.
        shuffle: Whether their order is drawn anew each time round.

    Returns:
        An iterator over dicts of tensors; in a graph of `tf.compat.v1` one such dict,
        whose tensors are another minibatch each time a session runs them.

    Raises:
        ForgeError: `bad-arrays` for arrays of different lengths, or with fewer
            examples than a minibatch has; `no-tensorflow`.
    """
    import numpy as np  # noqa: PLC0415 - with TensorFlow only

    tf = tensorflow()
    along = {name: int((axes or {}).get(name, 0)) for name in arrays}
    data = {name: np.asarray(array) for name, array in arrays.items()}
    n = _examples(data, along, batch_size)
    if not tf.executing_eagerly():
        return _graph_tensors(tf, data, along, batch_size, shuffle=shuffle)
    # Examples first, so that TensorFlow itself cuts them and can save where it is.
    first = {name: np.moveaxis(data[name], along[name], 0) for name in data}
    batches = tf.data.Dataset.from_tensor_slices(first)
    if shuffle:
        batches = batches.shuffle(min(n, _LARGEST_SHUFFLE))
    batches = batches.batch(batch_size, drop_remainder=True).repeat()
    if any(along.values()):

        def put_back(batch: Mapping[str, Any]) -> dict[str, Any]:
            return {name: _moved(tf, batch[name], along[name]) for name in batch}

        batches = batches.map(put_back)
    return iter(batches.prefetch(1))


def _examples(
    data: Mapping[str, Any], along: Mapping[str, int], batch_size: int
) -> int:
    """Count the examples, which all arrays must have as many of."""
    flat = [
        name for name in data if not -data[name].ndim <= along[name] < data[name].ndim
    ]
    counts = {name: data[name].shape[along[name]] for name in data if name not in flat}
    listed = ", ".join(f"{name} {counts.get(name, 'none')}" for name in data)
    if flat or len(set(counts.values())) != 1:
        raise ForgeError(
            "bad-arrays",
            f"tensors_from_data: the arrays hold different numbers of examples: "
            f"{listed or 'there are no arrays'}.\n"
            f"  An axis other than the first is named:  axes={{'images': 1}}",
            counts=counts,
        )
    n = int(next(iter(counts.values())))
    if not 0 < batch_size <= n:
        raise ForgeError(
            "bad-arrays",
            f"tensors_from_data: a minibatch of {batch_size} cannot be taken from "
            f"{n} examples.",
            batch_size=batch_size,
        )
    return n


def _batches(n: int, batch_size: int, draw: Any) -> Iterator[Any]:
    """Choose the examples of each minibatch, without end."""
    import numpy as np  # noqa: PLC0415 - with TensorFlow only

    while True:
        order = draw.permutation(n) if draw is not None else np.arange(n)
        for start in range(0, n - batch_size + 1, batch_size):
            yield order[start : start + batch_size]


def _graph_tensors(
    tf: Any,
    data: Mapping[str, Any],
    along: Mapping[str, int],
    batch_size: int,
    *,
    shuffle: bool,
) -> dict[str, Any]:
    """Make one operation that takes a minibatch from every array."""
    import numpy as np  # noqa: PLC0415 - with TensorFlow only

    n = next(iter(data.values())).shape[next(iter(along.values()))]
    # `tf.set_random_seed` seeds the order as well.
    seed = tf.compat.v1.get_default_graph().seed
    draw = np.random.default_rng(seed) if shuffle else None
    batches = _batches(n, batch_size, draw)

    def take() -> list[Any]:
        chosen = next(batches)
        return [np.take(data[name], chosen, along[name]) for name in data]

    tensors = tf.numpy_function(take, [], [array.dtype for array in data.values()])
    for name, tensor in zip(data, tensors, strict=True):
        shape = list(data[name].shape)
        shape[along[name]] = batch_size
        tensor.set_shape(shape)
    return dict(zip(data, tensors, strict=True))


def _moved(tf: Any, tensor: Any, axis: int) -> Any:
    """Move the examples of a minibatch back to their axis."""
    order = list(range(1, tensor.shape.rank))
    order.insert(axis % tensor.shape.rank, 0)
    return tf.transpose(tensor, order)
