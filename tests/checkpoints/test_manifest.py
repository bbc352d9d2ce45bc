"""`manifest.json`, written and read."""

import json
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.checkpoints.base import Refused
from forge.checkpoints.manifest import (
    FileFact,
    Manifest,
    ObjectFact,
    decode,
    encode,
    stored_metrics,
    summed,
)
from forge.errors import ForgeError


WHOLE = Manifest(
    format=1,
    step=20,
    time="2026-01-02T03:04:05.678+00:00",
    metrics={"accuracy": 0.5, "loss": "NaN"},
    objects={"model": ObjectFact("keras", "keras 3", "Net", "model", {"a": [1]})},
    files={"model/tree.json": FileFact(3, "ab"), "state/tree.json": FileFact(4, "cd")},
)


def test_what_is_read_is_what_was_written() -> None:
    assert decode(encode(WHOLE)) == WHOLE


def test_people_can_read_it() -> None:
    lines = encode(WHOLE).decode().splitlines()
    assert lines[:3] == ["{", '  "format": 1,', '  "step": 20,']


def test_the_size_is_that_of_all_files() -> None:
    assert WHOLE.size == 7


def test_keys_of_later_versions_are_passed_over() -> None:
    data = {**json.loads(encode(WHOLE)), "later": 1}
    assert decode(summed(json.dumps(data).encode())) == WHOLE


@given(st.integers(0, 8 * len(encode(WHOLE)) - 1))
def test_a_flipped_bit_anywhere_is_found(bit: int) -> None:
    data = bytearray(encode(WHOLE))
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ForgeError) as e:
        decode(bytes(data))
    assert e.value.code == "checkpoint-damaged"


def test_what_was_edited_says_so() -> None:
    for edited in (
        encode(WHOLE).replace(b"20", b"21", 1),
        encode(WHOLE).replace(b"sha256", b"sha357"),
        b"\n".join(encode(WHOLE).split(b"\n")[:-3]).rstrip(b",") + b"}",
    ):
        with pytest.raises(ForgeError, match=r"another content than was saved|no mani"):
            decode(edited)


def test_a_later_format_says_who_can_read_it(message: Any) -> None:
    with pytest.raises(ForgeError) as e:
        decode(encode(WHOLE).replace(b'"format": 1', b'"format": 2'))
    message("checkpoint-format-later", str(e.value))


@given(data=st.binary() | st.text().map(str.encode) | st.just(b"[" * 100_000))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ForgeError) as e:
        decode(data)
    assert e.value.code == "checkpoint-damaged"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.25, -0.0, 3])
def test_metrics_of_any_value_come_back(value: float) -> None:
    import msgspec

    found = decode(
        encode(msgspec.structs.replace(WHOLE, metrics=stored_metrics({"m": value})))
    )
    assert repr(found.metric("m")) == repr(float(value))


def test_numbers_of_numpy_are_metrics() -> None:
    assert stored_metrics({"m": np.float32(0.5), "n": np.array(2)}) == {
        "m": 0.5,
        "n": 2,
    }


def test_a_metric_that_is_no_number_is_refused() -> None:
    with pytest.raises(Refused, match="metric m is a str, not a number"):
        stored_metrics({"m": "high"})


def test_a_metric_that_is_not_there_is_nan() -> None:
    assert math.isnan(WHOLE.metric("absent"))
    assert math.isnan(WHOLE.metric("loss"))


@pytest.mark.parametrize("name", ["", "../x", "/etc", "a/b", ".", "a b", "\x1b[31m"])
def test_an_object_is_called_by_a_name(name: str) -> None:
    objects = {name: WHOLE.objects["model"]}
    with pytest.raises(ForgeError, match="names an object") as e:
        decode(encode(msgspec.structs.replace(WHOLE, objects=objects)))
    assert e.value.code == "checkpoint-damaged"
