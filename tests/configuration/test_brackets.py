"""Text cut at commas and colons."""

import time

import pytest
from hypothesis import given
from strategies import nasty_texts, texts

from forge.configuration.brackets import (
    DEEPEST,
    as_item,
    as_word,
    cut,
    cut_items,
    inside,
    is_quoted,
    quoted,
    split_items,
    string_literal,
    unescaped,
    unquoted,
)
from forge.configuration.shapes import Mismatch


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        ("1", ["1"]),
        ("64,64", ["64", "64"]),
        (" 64 , 64 ", ["64", "64"]),
        ("64,", ["64"]),
        ("a,,b", ["a", "", "b"]),
        ("[64],[64,64]", ["[64]", "[64,64]"]),
        ("[64,64]", ["[64,64]"]),
        ('a,"b,c"', ["a", '"b,c"']),
        ("it's,don't", ["it's", "don't"]),
        ("'tis,the", ["'tis", "the"]),
        ("{a:[1,2]},(3,4)", ["{a:[1,2]}", "(3,4)"]),
        ("f('a,b'),c", ["f('a,b')", "c"]),
        (r'"a\"b",c', ["'a\"b'", "c"]),
        (r'"a\\",c', [r'"a\"', "c"]),
    ],
)
def test_a_comma_list_is_split_with_brackets_and_quotes_respected(
    text: str, items: list[str]
) -> None:
    assert split_items(text) == items


@pytest.mark.parametrize("text", ["[1", "1]", "[1,2", "a),b", "[" * 33 + "]" * 33])
def test_brackets_that_do_not_match_are_refused(text: str) -> None:
    with pytest.raises(Mismatch):
        split_items(text)


def test_brackets_may_be_nested_up_to_a_depth() -> None:
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert split_items(deep) == [deep]


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("[1,2]", "1,2"),
        ("(1)", "1"),
        ("{}", ""),
        ("[1],[2]", None),
        ("[1)", None),
        ("1", None),
        ("", None),
        ('["]"]', '"]"'),
    ],
)
def test_brackets_around_the_whole_text_come_off(text: str, inner: str | None) -> None:
    assert inside(text) == inner


def test_a_colon_in_a_value_is_not_the_first_one() -> None:
    assert cut('"a:b":c:d', ":") == ['"a:b"', "c", "d"]


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ('"None"', "None"),
        ("'a b'", "a b"),
        ('""', ""),
        ("'", "'"),
        ("it's", "it's"),
        ("'a\"", "'a\""),
        (r'"C:\new\d"', r"C:\new\d"),
        (r'"say \"hi\""', 'say "hi"'),
        ("'a' or 'b'", "'a' or 'b'"),
        ("\"'a'\"", "'a'"),
    ],
)
def test_one_pair_of_outer_quotes_comes_off(text: str, inner: str) -> None:
    assert unquoted(text) == inner


@given(texts)
def test_quoting_is_undone_by_unquoting(text: str) -> None:
    assert unquoted(quoted(text)) == text
    assert unescaped(string_literal(text)) == text
    assert is_quoted(string_literal(text))


@given(texts)
def test_a_text_keeps_its_place_in_a_list(text: str) -> None:
    """Any word can be an item, between others."""
    word = quoted(text)
    item = as_item(word)
    items = cut_items(f"[{item}],{item},1")
    assert items == [f"[{item}]", item, "1"]
    assert unquoted(as_word(items[1])) == text


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r'"a\nb\t\\"', "a\nb\t\\"),
        (r"'\x41\u0042\U00000043'", "ABC"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\ud83d"', "\ud83d"),
        (r'"\d\U99999999"', r"\d\U99999999"),
        (r'"\/\a"', "/\a"),
    ],
)
def test_literals_have_the_escapes_of_json_and_python(literal: str, text: str) -> None:
    assert unescaped(literal) == text


@given(texts)
def test_a_literal_of_python_reads_as_its_text(text: str) -> None:
    assert unescaped(repr(text)) == text


@given(nasty_texts)
def test_no_text_raises_anything_but_mismatch(text: str) -> None:
    start = time.perf_counter()
    try:
        split_items(text)
        inside(text)
    except Mismatch:
        pass
    assert time.perf_counter() - start < 10
