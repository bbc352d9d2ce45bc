"""HTML that obeys nothing."""

from forge._html import table, text


def test_texts_are_escaped() -> None:
    assert text('<a href="x">&\x1b') == "&lt;a href=&quot;x&quot;&gt;&amp;\\x1b"
    assert table(("<",), [("1",)]) == (
        "<table><thead><tr><th>&lt;</th></tr></thead>"
        "<tbody><tr><td>1</td></tr></tbody></table>"
    )
