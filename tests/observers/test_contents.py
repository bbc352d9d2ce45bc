"""The contents of files in the run folder."""

import json
import threading

from forge.observers.base import Failed
from forge.observers.contents import error_text, flags_json, lines_of, steady_json
from forge.records.runfile import ErrorFact


def test_a_dict_that_grows_meanwhile_is_encoded() -> None:
    growing: dict[str, int] = {"0": 0}
    stop = threading.Event()

    def grow() -> None:
        for n in range(1, 50_000):
            if stop.is_set():
                return
            growing[str(n)] = n

    thread = threading.Thread(target=grow)
    thread.start()
    sizes = [len(json.loads(steady_json(growing))) for _ in range(5)]
    stop.set()
    thread.join()
    assert sizes == sorted(sizes)
    assert sizes[0] >= 1


def test_flags_are_sorted() -> None:
    assert flags_json({"b": 1, "a": [2]}) == (
        b'{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'
    )


def test_text_that_is_no_unicode_is_kept_readable() -> None:
    assert lines_of(["a==1", "\udcff"]) == b"a==1\n\\udcff\n"
    error = ErrorFact(type="ValueError", message="\udcff")
    assert error_text(Failed("", 1.0, error, traceback="")) == b"ValueError: \\udcff\n"
    assert error_text(Failed("", 1.0, error, traceback="T\n")) == b"T\n"
