"""Words of a command line, read by the type of their parameter."""

import enum
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple, Optional, Union

import pytest
from hypothesis import given
from strategies import Act, Mode, nasty_texts, typed

from forge.configuration.brackets import cut_items
from forge.configuration.reading import FROM_PYTHON, parse, ranked
from forge.configuration.shapes import Mismatch


@dataclass
class Sched:
    """The group of example E8."""

    warmup: int = 100
    decay: float = 0.5


class Point(NamedTuple):
    """A class that is no type of the command line."""

    x: int


Quoted = Literal["None", "a b", 1, "1", True, None]  # noqa: PYI061 - as users write

ACCEPTED = {
    int: {"3": 3, "-1": -1, "1_000": 1000, "0xff": 255, "1e6": 10**6, "2.0": 2},
    float: {"1e-4": 1e-4, "1": 1.0, ".5": 0.5, "inf": math.inf, "1_000": 1000.0},
    bool: {"TRUE": True, "yes": True, "On": True, "1": True, "no": False, "off": False},
    str: {
        "123": "123",
        "None": "None",
        "": "",
        '"None"': "None",
        "'a b'": "a b",
        "a=b": "a=b",
        "[1,2]": "[1,2]",
        " x ": " x ",
        "'": "'",
        "C:\\new": "C:\\new",
    },
    int | None: {"3": 3, "None": None, "NULL": None, "none": None},
    Optional[float]: {"1": 1.0, "null": None},  # noqa: UP045 - the old spelling
    str | None: {"None": None, '"None"': "None", "'null'": "null", "": "", "x": "x"},
    Path | None: {"none": None, '"None"': Path("None"), "out": Path("out")},
    Literal["fast", "exact"]: {"fast": "fast", "'exact'": "exact"},
    Literal[1, 2.5]: {"1": 1, "2.5": 2.5},
    Literal["auto", True, False]: {"auto": "auto", "true": True, "False": False},
    Quoted: {"None": None, '"None"': "None", "'a b'": "a b", "1": 1, '"1"': "1"},
    Act: {"relu": Act.relu, "tanh": Act.tanh, "2": Act.tanh, "'relu'": Act.relu},
    Mode: {"FAST": Mode.FAST, "exact": Mode.EXACT, "fast, and loose": Mode.FAST},
    list[int]: {
        "64,64": [64, 64],
        "[64,64]": [64, 64],
        "(64, 64)": [64, 64],
        "{1,2}": [1, 2],
        "64": [64],
        "64,": [64],
        "": [],
        "[]": [],
        "1e3,0x10": [1000, 16],
    },
    list[str]: {
        "[a,b]": ["a", "b"],
        "a, b": ["a", "b"],
        "'a,b',c": ["a,b", "c"],
        '["a\\nb","\\"q\\""]': ["a\nb", '"q"'],
        '[""]': [""],
        "it's,ok": ["it's", "ok"],
        "C:\\new,x": ["C:\\new", "x"],
    },
    list[list[int]]: {"[1,2],[3]": [[1, 2], [3]], "[[1],[]]": [[1], []]},
    list: {"1,a,None,[b]": [1, "a", None, ["b"]], "'1'": ["1"]},
    list[int | None]: {"1,none": [1, None]},
    list[str | None]: {'None,"None"': [None, "None"]},
    tuple[int, int]: {"32,32": (32, 32), "(32,32)": (32, 32)},
    tuple[int, ...]: {"1": (1,), "1,2,3": (1, 2, 3), "": ()},
    tuple[str, int]: {"a,1": ("a", 1)},
    tuple[()]: {"": (), "()": ()},
    tuple: {"1,a": (1, "a")},
    set[int]: {"1,2,1": {1, 2}, "{1,2}": {1, 2}},
    frozenset[str]: {"a,b": frozenset("ab")},
    dict[str, int]: {
        "{a:1,b:2}": {"a": 1, "b": 2},
        '{"a": 1, "b": 2}': {"a": 1, "b": 2},
        "{}": {},
        "{'a:b':1}": {"a:b": 1},
    },
    dict[str, float]: {"{a:1e-4}": {"a": 0.0001}},
    dict[int, list[int]]: {"{1:[1,2],2:[]}": {1: [1, 2], 2: []}},
    dict[str, str]: {"{home:http://x:80/}": {"home": "http://x:80/"}},
    dict: {"{a:1,b:{c:null}}": {"a": 1, "b": {"c": None}}},
    Path: {"out": Path("out"), "'my runs'": Path("my runs"), "": Path()},
    PurePosixPath: {"/a//b": PurePosixPath("/a/b")},
    Any: {"true": True, "none": None, "0.5": 0.5, "(1,2)": (1, 2), "my run": "my run"},
    None: {"None": None, "null": None},
    int | str: {"1": 1, "x": "x", '"1"': "1"},
    float | int: {"1": 1, "1.0": 1.0, "1e3": 1000.0, "0x10": 16},
    bool | int: {"1": 1, "yes": True},
    bool | float: {"1": 1.0, "true": True},
    int | Literal["auto"]: {"auto": "auto", "3": 3},
    str | Path: {"x": Path("x"), "'x'": "x"},
    str | list[str]: {"a": "a", "a,b": ["a", "b"], "[a]": ["a"], "'a,b'": "a,b"},
    int | list[int]: {"1": 1, "1,": [1], "[1]": [1]},
    list[int | list[int]]: {"1,[2,3]": [1, [2, 3]]},
    int | Callable[[], int]: {"1": 1},
    Sched | int: {"1": 1},
    Annotated[int, "hidden units"]: {"3": 3},
    list[Annotated[int, "width"]]: {"3": [3]},
    Sequence[int]: {"1,2": [1, 2]},
    Iterable[str]: {"a,b": ["a", "b"]},
    AbstractSet[int]: {"1,1": {1}},
    Mapping[str, int]: {"{a:1}": {"a": 1}},
}

REFUSED = {
    int: ["2.5", "true", "", "1,2", "None", "'3'", "1e-3"],
    float: ["abc", "", "1,2", "0xff", "None"],
    bool: ["2", "", "maybe", "None", "'true'"],
    int | None: ["", "x", "'None'", "'3'"],
    Literal["fast", "exact"]: ["exat", "", "FAST", "fast,exact", "None"],
    Literal[1, 2.5]: ["'1'", "1.0"],
    Act: ["relv", "3", "", "None"],
    list[int]: ["a", "1,x", "1,,2", "[1", "1]", "[1,[2]]", "(1]", "1;2"],
    list[str]: ["[a", "a)", "[a,(b]"],
    list[list[int]]: ["1,2", "[1,2]"],
    tuple[int, int]: ["1", "1,2,3", "", "1,x", "[1,2"],
    tuple[()]: ["1"],
    set[list[int]]: ["[1],[2]"],
    dict[str, int]: ["a:1", "", "{a}", "{a:x}", "[a:1]", "{a:1", "{a=1}"],
    dict[list[int], int]: ["{[1]:2}"],
    None: ["", "0", "nothing"],
    int | bool: ["x", "2.5"],
    Point: ["1", "(1,)", "Point(1)"],
    Callable: ["print", "os:getcwd"],
    type: ["int"],
    complex: ["1j"],
    "unresolved": ["1"],
}


def _cases(table: Mapping[Any, Iterable[str]]) -> list[tuple[Any, str]]:
    return [(kind, text) for kind, texts in table.items() for text in texts]


def same(one: Any, other: Any) -> bool:
    """Equal and of the same types, as their spelling tells."""
    return repr(one) == repr(other)


@pytest.mark.parametrize(("kind", "text"), _cases(ACCEPTED))
def test_a_type_accepts_its_texts(kind: Any, text: str) -> None:
    assert same(parse(text, kind), ACCEPTED[kind][text])


@pytest.mark.parametrize(("kind", "text"), _cases(REFUSED))
def test_a_type_refuses_other_texts(kind: Any, text: str) -> None:
    with pytest.raises(Mismatch):
        parse(text, kind)


def test_home_is_expanded_in_paths_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert parse("~/runs", Path) == Path("/home/me/runs")
    assert parse("~/a,'~/b'", list[Path]) == [Path("/home/me/a"), Path("/home/me/b")]
    assert parse("~/runs", str) == "~/runs"


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        ("exat", Literal["fast", "exact"], "Did you mean exact?"),
        ("EXACT", Literal["fast", "exact"] | None, "Did you mean exact?"),
        ("relv", Act, "Did you mean relu?"),
        ("slow", Literal["fast", "exact"], ""),
        ("1,2,3", tuple[int, int], ""),
        ("0.5", int, ""),
        ("a:1", dict[str, int], "Write {a:1,b:2}, in quotes for the shell."),
        ("[1", list[int], "A bracket is not closed."),
        ("1,2", list[list[int]], "Write each inner list in brackets, as in [1,2],[3]."),
        ("print", Callable, FROM_PYTHON),
        ("x", Point | None, FROM_PYTHON),
    ],
)
def test_a_refusal_says_what_was_probably_meant(
    text: str, kind: Any, hint: str
) -> None:
    with pytest.raises(Mismatch) as caught:
        parse(text, kind)
    assert (caught.value.hint, caught.value.code) == (hint, "bad-value")


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("warmup=5", Sched, "record"),
        ("5", Sched | None, "record"),
        ("1,2", float, "several-values"),
        ("1,2", float | None, "several-values"),
        ("1,2.5", int, "bad-value"),
        ("yes,no", bool, "several-values"),
        ("fast,exact", Literal["fast", "exact"], "several-values"),
        ("relu,tanh", Act, "several-values"),
        ("fast,exat", Literal["fast", "exact"], "bad-value"),
    ],
)
def test_a_refusal_carries_the_word_for_the_mistake(
    text: str, kind: Any, code: str
) -> None:
    with pytest.raises(Mismatch) as caught:
        parse(text, kind)
    assert caught.value.code == code


def test_the_values_of_example_e8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    words = [
        ("128,64,32", list[int], [128, 64, 32]),
        ("tanh", Act, Act.tanh),
        ("32,32", tuple[int, int], (32, 32)),
        ("5", int, 5),
        ("{a:1e-4}", dict[str, float], {"a": 0.0001}),
        ("2", float, 2.0),
        ("~/runs", Path, Path("/home/me/runs")),
        ("exact", Literal["fast", "exact"], "exact"),
        ("my run", str, "my run"),
        ("yes", bool, True),
        ("1e6", int, 1_000_000),
        ("1", float, 1.0),
        ("0.5", Any, 0.5),
        ("None", int | None, None),
    ]
    assert [repr(parse(text, kind)) for text, kind, _ in words] == [
        repr(value) for *_, value in words
    ]


def test_an_annotation_that_cannot_be_hashed_is_read() -> None:
    assert parse("3", Annotated[int, {}]) == 3
    assert parse("3", list[Annotated[int, []]]) == [3]


def test_members_of_a_union_are_tried_from_the_pickiest_on() -> None:
    kind = Union[str, Path, bool, float, int, Literal["a"], None]  # noqa: UP007, PYI051
    assert ranked(kind) == [Literal["a"], int, float, bool, Path, str]


def test_an_enum_without_members_takes_nothing() -> None:
    class Empty(enum.Enum):
        """No members."""

    with pytest.raises(Mismatch):
        parse("x", Empty)


KINDS = [*(kind for kind in ACCEPTED if kind is not None), *REFUSED]


@given(nasty_texts)
def test_no_text_raises_anything_but_mismatch(text: str) -> None:
    start = time.perf_counter()
    for kind in KINDS:
        try:
            parse(text, kind)
        except Mismatch:
            continue
    assert time.perf_counter() - start < 20


@given(typed, nasty_texts)
def test_no_text_breaks_a_nested_type(pair: tuple[Any, Any], text: str) -> None:
    try:
        parse(text, pair[0])
    except Mismatch:
        return


@given(nasty_texts)
def test_a_text_without_quotes_is_taken_verbatim(text: str) -> None:
    if text[:1] not in {"'", '"'}:
        assert parse(text, str) == text


@given(nasty_texts)
def test_a_list_has_as_many_items_as_its_text(text: str) -> None:
    try:
        items = parse(f"[{text}]", list[str])
        inner = cut_items(text)
    except Mismatch:
        return
    assert len(items) == len(inner)


def test_reading_imports_nothing_heavy() -> None:
    code = (
        "import sys, forge.configuration.text, forge.configuration.overrides, "
        "forge.configuration.files, forge.configuration.stored\n"
        "from forge.configuration.text import parse\n"
        "parse('1,2', list[int]); parse('a', str | None)\n"
        "heavy = {'ast', 'numpy', 'yaml', 'decimal', 'difflib', 'shlex', 'tomllib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    # inspect, which reads the signatures, brings ast along.
    assert done.stdout.strip() in {"[]", "['ast']"}
