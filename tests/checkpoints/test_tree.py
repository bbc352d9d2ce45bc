"""Trees of plain values and arrays, written and read."""

import contextlib
import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forge.checkpoints.arrays import ReadArray
from forge.checkpoints.base import Refused
from forge.checkpoints.tree import flatten, read_tree, unflatten, write_tree
from forge.errors import ForgeError


def same(a: Any, b: Any) -> bool:
    """Compare two trees in every type, NaN equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        whole = a.dtype == b.dtype and a.shape == b.shape
        return whole and np.asarray(a).tobytes() == np.asarray(b).tobytes()
    if isinstance(a, dict):
        keys = zip(a, b, strict=True) if len(a) == len(b) else [(0, 1)]
        return all(same(*k) for k in keys) and all(
            same(*v) for v in zip(a.values(), b.values(), strict=True)
        )
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    # The text of a float tells -0.0 from 0.0, and makes NaN equal to itself.
    return repr(a) == repr(b) if isinstance(a, (float, complex)) else bool(a == b)


keys = (
    st.text(max_size=5)
    | st.integers()
    | st.booleans()
    | st.none()
    | st.binary(max_size=3)
    | st.tuples(st.integers(), st.text(max_size=2))
)
arrays = hnp.arrays(
    st.one_of(
        hnp.scalar_dtypes(),
        hnp.byte_string_dtypes(),
        hnp.unicode_string_dtypes(),
    ),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**400, 10**401)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.binary()
    | st.binary().map(bytearray)
    | st.sets(st.integers() | st.text())
    | st.frozensets(st.integers())
    | arrays
    | arrays.map(lambda a: a.ravel()[0] if a.size else a)
)
trees = st.recursive(
    leaves,
    lambda x: (
        st.lists(x, max_size=4)
        | st.lists(x, max_size=4).map(tuple)
        | st.dictionaries(keys, x, max_size=4)
    ),
    max_leaves=12,
)


@given(tree=trees)
def test_what_is_read_is_what_was_written_in_every_type(
    tmp_path_factory: pytest.TempPathFactory, tree: Any
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    write_tree(tree, folder)
    assert same(read_tree(folder), tree)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: (
        st.lists(x)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(["$array", "$int", "$tuple", "$dict", "$bytes", "$set"])
            | st.sampled_from(["$float", "$complex", "$frozenset", "dtype", "shape"]),
            x,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(structure=json_like)
def test_a_structure_nobody_wrote_is_read_or_refused(structure: Any) -> None:
    with contextlib.suppress(ForgeError):
        unflatten(structure, {"a": ReadArray("float64", (3,), np.zeros(24, np.uint8))})


@given(data=st.binary(max_size=64), cut=st.integers(0, 80))
def test_an_array_file_nobody_wrote_is_refused_or_holds_the_same_kind(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    write_tree([np.arange(3)], folder)
    path = folder / "arrays.safetensors"
    path.write_bytes(path.read_bytes()[:cut] + data)
    with contextlib.suppress(ForgeError):
        (found,) = read_tree(folder)
        # The bytes of values may be any; only their hash knows better.
        assert (found.shape, found.dtype) == ((3,), np.dtype(int))


@pytest.mark.parametrize(
    "name", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint2"]
)
def test_number_types_of_accelerators_come_back(tmp_path: Path, name: str) -> None:
    a = np.array([[0, 1, 1], [1, 0, 1]]).astype(getattr(ml_dtypes, name))
    write_tree({"a": a, "one": a[0, 0]}, tmp_path)
    found = read_tree(tmp_path)
    assert same(found["a"], a)
    assert found["one"].dtype == a.dtype


def test_bfloat16_is_named_in_the_array_file(tmp_path: Path) -> None:
    write_tree(np.ones(2, ml_dtypes.bfloat16), tmp_path)
    assert b'"BF16"' in (tmp_path / "arrays.safetensors").read_bytes()


@pytest.mark.parametrize(
    "a",
    [
        np.arange(12).reshape(3, 4).T,
        np.arange(12)[::-2],
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.arange(3, dtype=">i4"),
    ],
    ids=["transposed", "strided", "fortran", "big-endian"],
)
def test_arrays_of_any_layout_come_back(tmp_path: Path, a: np.ndarray) -> None:
    write_tree(a, tmp_path)
    found = read_tree(tmp_path)
    assert found.dtype == a.dtype
    assert np.array_equal(found, a)


def test_read_arrays_can_be_written_to(tmp_path: Path) -> None:
    write_tree([np.zeros(2), np.zeros(2, complex)], tmp_path)
    for a in read_tree(tmp_path):
        a[...] = 1


def test_paths_that_read_alike_stay_apart(tmp_path: Path) -> None:
    tree = {"a/b": np.zeros(1), "a": {"b": np.ones(2)}, "__metadata__": np.zeros(3)}
    write_tree(tree, tmp_path)
    assert same(read_tree(tmp_path), tree)


def test_order_of_keys_is_kept(tmp_path: Path) -> None:
    write_tree({"b": 1, "a": 2}, tmp_path)
    assert list(read_tree(tmp_path)) == ["b", "a"]


def test_an_object_is_refused_with_the_path_to_it() -> None:
    with pytest.raises(Refused, match=r"a/0/x is a builtins\.object, which has no"):
        flatten({"a": [{"x": object()}]})


@pytest.mark.parametrize(
    "value",
    [np.array([object()]), np.zeros(2, [("x", int)]), {np.float32(1): 2}, range(3)],
    ids=["objects", "records", "array as key", "other class"],
)
def test_what_has_no_plain_form_is_refused(value: Any) -> None:
    with pytest.raises(Refused):
        flatten(value)


def test_a_container_that_holds_itself_is_refused() -> None:
    x: list[Any] = []
    x.append(x)
    with pytest.raises(Refused, match="nested deeper than 100"):
        flatten(x)


def test_a_structure_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tree.json").write_text("[" * 100_000)
    with pytest.raises(ForgeError, match=r"tree\.json"):
        read_tree(tmp_path)


def test_an_array_that_does_not_fit_its_shape_is_refused(tmp_path: Path) -> None:
    write_tree(np.zeros(4, complex), tmp_path)
    path = tmp_path / "tree.json"
    structure = json.loads(path.read_text())
    for shape in ([2**62, 2**62], [5], [-4], ["4"]):
        path.write_text(json.dumps(structure | {"shape": shape}))
        with pytest.raises(ForgeError):
            read_tree(tmp_path)
    path.write_text(json.dumps(structure | {"dtype": "O", "shape": [8]}))
    with pytest.raises(ForgeError):
        read_tree(tmp_path)


def test_what_could_be_saved_by_itself_says_so() -> None:
    class Model:
        def state_dict(self) -> dict[str, int]:
            return {}

    with pytest.raises(Refused, match="models/0 is a") as found:
        flatten({"models": [Model()]})
    assert found.value.remedy.startswith("Save it under a name of its own")
