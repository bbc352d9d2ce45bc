"""Config files in three languages."""

import builtins
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import unicode_texts

from forge.configuration.files import read_config_file, write_config_file
from forge.errors import ForgeError


NESTED = {
    "lr": 0.1,
    "model": {"_use_": "cnn", "channels": [4, 8], "act": "relu"},
    "model.width": 3,
    "tag": "naïve",
}
TEXTS = {
    "json": json.dumps(NESTED, ensure_ascii=False),
    "toml": (
        'lr = 0.1\ntag = "naïve"\n"model.width" = 3\n'
        '[model]\n_use_ = "cnn"\nchannels = [4, 8]\nact = "relu"\n'
    ),
    "yaml": (
        "# a comment\nlr: 0.1\nmodel:\n  _use_: cnn\n  channels: [4, 8]\n"
        "  act: relu\nmodel.width: 3\ntag: naïve\n"
    ),
}
TEXTS["YML"] = TEXTS["yaml"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("ending", TEXTS)
def test_a_file_holds_flat_and_nested_values(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"my conf.{ending}"
    path.write_text(TEXTS[ending], encoding="utf-8")
    assert read_config_file(path) == NESTED
    assert read_config_file(str(path)) == NESTED


def test_a_byte_order_mark_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "conf.json"
    path.write_text('{"lr": 1}', encoding="utf-8-sig")
    assert read_config_file(path) == {"lr": 1}


@pytest.mark.parametrize(
    ("ending", "text"), [("yaml", ""), ("yaml", "# x"), ("toml", "")]
)
def test_an_empty_file_holds_nothing(ending: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / f"conf.{ending}"
    path.write_text(text, encoding="utf-8")
    assert read_config_file(path) == {}


def test_names_that_yaml_reads_as_numbers_are_text(tmp_path: Path) -> None:
    path = tmp_path / "conf.yaml"
    path.write_text("models: {0: {n: 1}, 1.5: x}\n", encoding="utf-8")
    assert read_config_file(path) == {"models": {"0": {"n": 1}, "1.5": "x"}}


def test_anchors_and_merges_of_yaml_work(tmp_path: Path) -> None:
    path = tmp_path / "conf.yaml"
    path.write_text("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3\n", encoding="utf-8")
    assert read_config_file(path)["b"] == {"x": 3, "y": 2}


UNREADABLE = {
    "json-syntax": ("conf.json", '{\n  "lr": 0.1,\n  "n" 3\n}', (3, 7)),
    "json-empty": ("conf.json", "", (1, 1)),
    "json-list": ("conf.json", "[1, 2]", None),
    "json-twice": ("conf.json", '{"lr": 1, "lr": 2}', None),
    "json-deep": ("conf.json", '{"a":' + "[" * 100_000, None),
    "toml-syntax": ("conf.toml", "lr = 0.1\nn = \n", (2, 5)),
    "toml-end": ("conf.toml", "lr = [", (1, 7)),
    "toml-twice": ("conf.toml", "lr = 1\nlr = 2\n", (2, 7)),
    "yaml-syntax": ("conf.yaml", "lr: 0.1\nmodel: [1, 2\nx: 3\n", (3, 2)),
    "yaml-tag": ("conf.yaml", "lr: !!python/object/apply:os.getcwd []\n", (1, 5)),
    "yaml-list": ("conf.yaml", "- 1\n", None),
    "yaml-text": ("conf.yaml", "just text\n", None),
    "yaml-name": ("conf.yaml", "on: 1\n", None),
    "yaml-twice": ("conf.yaml", "lr: 1\nn: 1\nlr: 2\n", (3, 1)),
    "yaml-date": ("conf.yaml", "day: 2024-13-45\n", None),
    "yaml-endless": ("conf.yaml", "a: &a {b: *a}\n", None),
    "yaml-character": ("conf.yaml", "a: \x00\n", None),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(
    name: str, here: Path, message: Callable[[str, str], None]
) -> None:
    file, text, place = UNREADABLE[name]
    Path(file).write_text(text, encoding="utf-8")
    with pytest.raises(ForgeError) as caught:
        read_config_file(file)
    error = caught.value
    assert error.code == "file-unreadable"
    assert (error.line, error.column) == (place or (None, None))
    message(f"file-unreadable-{name}", str(error))


def test_numbers_with_too_many_digits_are_refused(here: Path) -> None:
    digits = "9" * 5000
    for file, text in [("a.json", f'{{"n": {digits}}}'), ("a.toml", f"n = {digits}")]:
        Path(file).write_text(text, encoding="utf-8")
        with pytest.raises(ForgeError, match="digits") as caught:
            read_config_file(file)
        assert caught.value.code == "file-unreadable"


def test_a_file_that_is_not_utf8_is_refused_with_its_place(
    here: Path, message: Callable[[str, str], None]
) -> None:
    Path("conf.json").write_bytes(b'{"a": 1,\n "b": "\xe9"}')
    with pytest.raises(ForgeError) as caught:
        read_config_file("conf.json")
    assert (caught.value.line, caught.value.column) == (2, 8)
    message("file-unreadable-utf8", str(caught.value))


def test_a_folder_is_no_file(here: Path, message: Callable[[str, str], None]) -> None:
    Path("conf.json").mkdir()
    with pytest.raises(ForgeError) as caught:
        read_config_file("conf.json")
    message("file-unreadable-folder", str(caught.value))


def test_other_endings_are_refused(message: Callable[[str, str], None]) -> None:
    with pytest.raises(ForgeError) as caught:
        read_config_file("conf.ini")
    message("file-unreadable-ending", str(caught.value))


def test_a_file_that_is_missing_is_looked_for_nearby(
    here: Path, message: Callable[[str, str], None]
) -> None:
    Path("configs").mkdir()
    Path("configs/large.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ForgeError) as caught:
        read_config_file("configs/larg.json")
    assert caught.value.code == "no-file"
    message("no-file-config", str(caught.value))
    with pytest.raises(ForgeError) as caught:
        read_config_file("elsewhere/conf.json")
    message("no-file-config-folder", str(caught.value).replace(str(here), "FOLDER"))


@pytest.mark.parametrize("path", ["a\0.json", "\ud800.json"])
def test_an_impossible_name_is_refused(path: str, here: Path) -> None:
    with pytest.raises(ForgeError) as caught:
        read_config_file(path)
    assert caught.value.code in {"no-file", "file-unreadable"}


def test_yaml_says_what_to_install(
    here: Path,
    message: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("conf.yaml").write_text("a: 1\n", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ForgeError) as caught:
        read_config_file("conf.yaml")
    assert caught.value.code == "not-installed"
    message("not-installed-yaml", str(caught.value))


FLAGS = {
    "lr": 1e-05,
    "big": 1e16,
    "limit": math.inf,
    "model": "cnn",
    "model.width": 8,
    "model.sizes": [[1, 2], []],
    "model.opts": {"a b": 1, "c": {"d": [True]}},
    "models.0.n": -3,
    "amp": False,
    "tag": 'it\'s "on"\n\x7f\\ é \U0001f600',
    "word": "on",
    "number": "1e-4",
    "seed": 2**70,
}


@pytest.mark.parametrize("ending", ["json", "toml", "yaml"])
def test_what_is_written_is_read(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"conf.{ending}"
    write_config_file(path, FLAGS)
    assert read_config_file(path) == FLAGS
    assert list(read_config_file(path)) == list(FLAGS)
    write_config_file(path, {"lr": 1})
    assert read_config_file(path) == {"lr": 1}
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | unicode_texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(unicode_texts, inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("ending", ["json", "toml", "yaml"])
@given(flat=st.dictionaries(unicode_texts, _VALUES, max_size=4))
def test_every_value_of_a_file_is_read_as_written(
    ending: str, flat: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"every.{ending}"
    write_config_file(path, flat)
    assert read_config_file(path) == flat


def test_toml_has_no_null(here: Path, message: Callable[[str, str], None]) -> None:
    write_config_file("conf.json", {"limit": None})
    assert read_config_file("conf.json") == {"limit": None}
    with pytest.raises(ForgeError) as caught:
        write_config_file("conf.toml", {"limit": None})
    assert caught.value.code == "file-unwritable"
    message("file-unwritable-null", str(caught.value))
    assert not Path("conf.toml").exists()


def test_a_file_that_cannot_be_written_is_refused(
    here: Path, message: Callable[[str, str], None]
) -> None:
    Path("conf.json").mkdir()
    Path("conf.json/inside").touch()
    with pytest.raises(ForgeError) as caught:
        write_config_file("conf.json", {"a": 1})
    message("file-unwritable-folder", str(caught.value))
    with pytest.raises(ForgeError) as caught:
        write_config_file("missing/conf.json", {"a": 1})
    message("file-unwritable-missing", str(caught.value))
    with pytest.raises(ForgeError):
        write_config_file("a.json", {"a": "\ud800"})
    assert [p.name for p in here.iterdir()] == ["conf.json"]


def test_a_program_in_a_yaml_file_does_not_run(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(builtins, "print", ran.append)
    text = "a: !!python/object/apply:builtins.print ['gotcha']\n"
    Path("conf.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ForgeError):
        read_config_file("conf.yaml")
    assert ran == []
