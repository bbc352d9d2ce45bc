"""Words for messages."""

from pathlib import Path

import pytest

from forge._text import aligned, close, did_you_mean, near, plural, visible


def test_what_was_probably_meant() -> None:
    assert close("n_hiden", ["width", "n_hidden"]) == ["n_hidden"]
    assert close("zzz", ["width"]) == []
    assert sorted(close("ab", ["abc", "abd", "x"], 2)) == ["abc", "abd"]
    assert did_you_mean("trian", ["train"]) == " Did you mean train?"
    assert did_you_mean("mpl", ["mlp"], "model={}") == " Did you mean model=mlp?"
    assert did_you_mean("zzz", ["train"]) == ""


@pytest.mark.parametrize(
    ("n", "noun", "text"),
    [
        (1, "run", "1 run"),
        (0, "run", "0 runs"),
        (3, "class", "3 classes"),
        (4, "entry", "4 entries"),
        (2, "key", "2 keys"),
        (2, "batch", "2 batches"),
    ],
)
def test_plurals(n: int, noun: str, text: str) -> None:
    assert plural(n, noun) == text


def test_paths_are_named_as_one_would_type_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert near(here / "configs/a.py") == near("configs/a.py") == "configs/a.py"
    for path in ("/elsewhere/a.py", f"{here}-2/a.py", str(tmp_path)):
        assert near(path) == path
    assert near(here) == "."
    here.rmdir()
    assert near(here / "a.py") == str(here / "a.py")
    monkeypatch.chdir("/")
    assert near("/etc/hosts") == "etc/hosts"


def test_columns_line_up_without_trailing_spaces() -> None:
    rows = [["a", "bbb", "c"], ["aaaa", "", ""], ["x"]]
    assert aligned(rows) == ["a     bbb  c", "aaaa", "x"]
    assert aligned(rows, gap=1)[0] == "a    bbb c"
    assert aligned([]) == []


def test_escapes_are_shown_not_obeyed() -> None:
    assert visible("plain ± 数") == "plain ± 数"
    assert visible("a\x1b[31mb\n\u202ec\udc80") == "a\\x1b[31mb\\n\\u202ec\\udc80"
