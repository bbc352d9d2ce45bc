"""Array files: what is written is the format, hashed as it is on the disk."""

import os
import threading
import weakref
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forge.checkpoints.arrays import Array, FileFact, read_arrays, write_arrays
from forge.errors import ForgeError
from forge.records.durable import sha256_file


KINDS = ["bool", "uint8", "int16", "uint32", "int64", "float16", "float32", "complex64"]


def of(a: Any) -> Array:
    return Array(a.dtype.name, a.shape, lambda: np.ascontiguousarray(a))


named = st.dictionaries(
    st.text(max_size=8),
    hnp.arrays(
        st.sampled_from(KINDS), hnp.array_shapes(min_dims=0, min_side=0, max_side=3)
    ),
    max_size=5,
)


@given(arrays=named)
def test_the_library_reads_what_is_written(
    tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, Any]
) -> None:
    from safetensors.numpy import load_file

    arrays.pop("__metadata__", None)
    path = tmp_path_factory.mktemp("arrays") / "a.safetensors"
    fact = write_arrays(path, {key: of(a) for key, a in arrays.items()})
    assert fact == FileFact(path.stat().st_size, sha256_file(path))
    theirs, ours = load_file(path), read_arrays(path)
    assert set(theirs) == set(ours) == set(arrays)
    for key, a in arrays.items():
        assert theirs[key].dtype == a.dtype
        assert theirs[key].tobytes() == ours[key].data.tobytes() == a.tobytes()
        assert theirs[key].shape == ours[key].shape == a.shape


def test_a_large_file_is_hashed_by_a_thread_that_ends(tmp_path: Path) -> None:
    arrays = {str(n): of(np.full(700_000, n, np.float64)) for n in range(4)}
    before = threading.active_count()
    fact = write_arrays(tmp_path / "a", arrays)
    assert fact.sha256 == sha256_file(tmp_path / "a")
    assert threading.active_count() == before


@pytest.mark.usefixtures("no_threads")
def test_a_large_file_is_hashed_where_no_thread_can_be_started(tmp_path: Path) -> None:
    fact = write_arrays(tmp_path / "a", {"a": of(np.zeros(2_000_000))})
    assert fact.sha256 == sha256_file(tmp_path / "a")


def test_a_write_that_fails_leaves_no_thread_behind(tmp_path: Path) -> None:
    def fetch() -> Any:
        raise OSError("the device is gone")

    large = of(np.zeros(2_000_000))
    before = threading.active_count()
    with pytest.raises(OSError, match="device is gone"):
        write_arrays(tmp_path / "a", {"a": large, "b": Array("int8", (2,), fetch)})
    assert threading.active_count() == before


def test_values_of_another_size_than_announced_are_refused(tmp_path: Path) -> None:
    wrong = Array("float32", (3,), lambda: np.zeros(3))
    with pytest.raises(ValueError, match="24 bytes"):
        write_arrays(tmp_path / "a", {"a": wrong})


def test_arrays_are_fetched_one_at_a_time(tmp_path: Path) -> None:
    """Not all that lie on a device are in the host's memory at once."""
    living: list[int] = []
    most = [0]

    def fetch() -> Any:
        living.append(1)
        most[0] = max(most[0], len(living))
        a = np.zeros(5 << 20, np.uint8)
        weakref.finalize(a, living.pop)
        return a

    arrays = {str(n): Array("uint8", (5 << 20,), fetch) for n in range(12)}
    write_arrays(tmp_path / "a", arrays)
    # The one that is written, and those that the sum is behind with.
    assert most[0] <= 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        (1 << 40).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        b"\x40\0\0\0\0\0\0\0"
        + b'{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}'.ljust(64)
        + b"1",
    ],
    ids=["empty", "length", "longer than the file", "list", "other kind"],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(ForgeError, match="a cannot be read") as found:
        read_arrays(tmp_path / "a")
    assert found.value.code == "checkpoint-damaged"


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(ForgeError, match="not a regular file"):
        read_arrays(tmp_path / "a")


def test_read_arrays_have_memory_of_their_own(tmp_path: Path) -> None:
    a = np.ones((2, 3), ml_dtypes.bfloat16)
    write_arrays(tmp_path / "a", {"a": of(a)})
    found = read_arrays(tmp_path / "a")["a"]
    (tmp_path / "a").write_bytes(b"")
    assert (found.dtype, found.shape) == ("bfloat16", (2, 3))
    assert found.data.view(ml_dtypes.bfloat16).all()
    assert found.data.flags.writeable
