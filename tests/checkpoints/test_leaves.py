"""Arrays of frameworks inside trees."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.arrays import ReadArray
from forge.checkpoints.leaves import leaf_of, living, numpy_of
from forge.checkpoints.tree import flatten, read_tree, write_tree


def read(values: Any) -> ReadArray:
    data = np.frombuffer(values.tobytes(), np.uint8).copy()
    return ReadArray(values.dtype.name, values.shape, data)


@pytest.mark.parametrize("x", [1, None, "x", np.zeros(2), object(), int])
def test_everything_else_is_no_leaf(x: Any) -> None:
    assert leaf_of(x, "x", copy=True) is None


def test_without_the_framework_an_array_of_numpy_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    for name in ("torch", "jax"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for of in ("torch", "jax", "key"):
        found = living(of, "", read(np.arange(3)))
        assert found.tolist() == [0, 1, 2]


def test_read_values_may_be_written_to() -> None:
    found = numpy_of(read(np.arange(3)))
    found += 1
    assert found.tolist() == [1, 2, 3]


@pytest.mark.frameworks
def test_a_structure_cannot_name_anything_but_a_type(tmp_path: Path) -> None:
    import torch

    from forge.errors import ForgeError

    write_tree({"a": torch.zeros(2, dtype=torch.complex128)}, tmp_path)
    path = tmp_path / "tree.json"
    for word in ("load", "float32", "nothing"):
        text = path.read_text().replace("complex128", word)
        (tmp_path / "tree.json").write_text(text)
        with pytest.raises(ForgeError, match=r"tree\.json is not a tree"):
            read_tree(tmp_path)
        path.write_text(text.replace(word, "complex128"))


@pytest.mark.frameworks
def test_one_memory_is_stored_once() -> None:
    import torch

    a = torch.arange(6.0)
    _, arrays = flatten({"a": a, "again": [a], "view": a[:3], "none": torch.zeros(0)})
    assert set(arrays) == {"a", "view", "none"}


@pytest.mark.parametrize("of", ["numpy", "torch"])
def test_nothing_is_allocated_for_values_that_are_not_there(of: str) -> None:
    read = ReadArray("float32", (2**40,), np.empty(0, np.uint8))
    with pytest.raises(ValueError, match="has no values"):
        living(of, "", read)
