"""Tags, notes and marks, which several may write at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.records.annotations import (
    Annotations,
    annotate,
    change_annotations,
    read_annotations,
    tags_in,
)


def test_tags_and_notes_are_added_to_what_people_wrote(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    annotate(path, tags=["a"], note="first")
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "colour": "red"}))
    annotate(path, tags=["b", "a"], note="second")
    annotate(path, tags=[7, ""], note="first")
    assert json.loads(path.read_bytes()) == {
        "tags": ["a", "b", "7"],
        "note": "first\nsecond",
        "colour": "red",
    }


def test_unreadable_annotations_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    for text in ("{half", "[]"):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"malformed|Expecting|truncated|mapping"):
            annotate(path, tags=["a"])
        assert path.read_text() == text


def test_annotations_that_are_half_sense_say_the_other_half(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    assert read_annotations(path) == Annotations()
    path.write_text('{"tags": [1, "b"], "note": 3, "star": "yes", "archived": true}')
    assert read_annotations(path) == Annotations(("1", "b"), archived=True)


def test_what_is_taken_back_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    change_annotations(path, lambda before: before)
    assert not path.exists()
    change_annotations(path, lambda before: before._replace(star=True))
    change_annotations(path, lambda before: before._replace(star=False))
    assert json.loads(path.read_bytes()) == {"star": False}


def test_those_who_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    names = [f"tag{i}" for i in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: annotate(path, tags=[name]), names))
    assert sorted(read_annotations(path).tags) == sorted(names)


def test_tags_as_people_give_them(message) -> None:
    assert tags_in(["a", "b , c,", " "]) == ("a", "b", "c")
    for wrong in (["a"], 5):
        with pytest.raises(ForgeError) as found:
            tags_in(["good", wrong])
    message("bad-tag", str(found.value))
