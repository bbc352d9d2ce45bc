"""What is printed reaches every kind of output."""

import io
import sys

from forge.cli.output import say


def test_what_the_encoding_lacks_is_escaped(monkeypatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    say("± \udcff")
    sys.stdout.flush()
    assert raw.getvalue() == b"\\xb1 \\udcff\n"
