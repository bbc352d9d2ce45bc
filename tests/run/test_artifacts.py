"""Files that runs make, on their way into the run directory."""

import json
from pathlib import Path

import numpy as np
import pytest

from forge.errors import ForgeError
from forge.run.artifacts import artifact


def test_a_path_goes_by_its_own_name(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    event = artifact(tmp_path / "a.txt", None)
    assert (event.kind, event.name, event.path) == (
        "artifact",
        "a.txt",
        tmp_path / "a.txt",
    )
    assert artifact(str(tmp_path / "a.txt"), "b.txt").name == "b.txt"


def test_a_tilde_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.txt").write_text("x")
    assert artifact(Path("~/a.txt"), None).path == tmp_path / "a.txt"


def test_values_need_a_name_and_a_stored_form(message):
    assert artifact(b"x", "a.bin").data == b"x"
    assert artifact([1], "a.json").data == b"[\n  1\n]\n"
    with pytest.raises(ForgeError) as found:
        artifact({"a": 1}, None)
    message("bad-artifact-name", str(found.value))
    with pytest.raises(ForgeError) as found:
        artifact(object(), "a.json")
    message("bad-artifact-value", str(found.value))


def test_arrays_and_their_numbers_are_kept_as_numbers(message):
    value = {
        "x": np.float32(1),
        np.int64(2): [np.zeros((2, 1)), (np.bool_(True), {3})],
        "nan": np.float64("nan"),
    }
    assert json.loads(artifact(value, "a.json").data) == {
        "x": 1.0,
        "2": [[[0.0], [0.0]], [True, [3]]],
        "nan": "NaN",
    }
    many = np.arange(10_000)
    assert json.loads(artifact(many, "a.json").data) == many.tolist()
    for odd in (object(), np.array([1j]), np.array(object())):
        with pytest.raises(ForgeError):
            artifact([odd], "a.json")
    with pytest.raises(ForgeError) as found:
        artifact({"layers": [1, {"net": object(), "x": np.float32(1)}]}, "a.json")
    message("bad-artifact-inside", str(found.value))


def test_a_value_that_holds_itself_is_refused():
    value = [1]
    value.append(value)
    with pytest.raises(ForgeError, match="type list has no stored form"):
        artifact(value, "a.json")


@pytest.mark.frameworks
def test_tensors_are_kept_as_numbers():
    torch = pytest.importorskip("torch")
    value = {"loss": torch.tensor(0.5, requires_grad=True), "w": torch.ones(2, 1)}
    found = artifact(value, "a.json").data
    assert json.loads(found) == {"loss": 0.5, "w": [[1.0], [1.0]]}


def test_a_file_that_there_is_not(message):
    with pytest.raises(ForgeError) as found:
        artifact("no/such.png", None)
    message("bad-artifact-file", str(found.value))
