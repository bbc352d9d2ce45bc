"""What the compiler of PyTorch may import in place of stored code."""

import importlib
import warnings

import pytest

from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks

LAZY = """
    import importlib

    def by_statement(x):
        import scaling
        return scaling.FACTOR * x

    def by_name(x):
        return importlib.import_module("scaling").FACTOR * x

    def of_a_library(x):
        import math
        from math import floor
        return math.floor(2.5) * x + floor(0.5)

    def of_today(x):
        import todays
        return todays.FACTOR * x
    """


def compiled(function):
    import torch

    with warnings.catch_warnings():
        # Of its own names that are about to go.
        warnings.simplefilter("ignore")
        return torch.compile(function, backend="eager")(torch.ones(1)).tolist()


def test_compiled_code_imports_what_the_run_stored(runs, today):
    today({"scaling.py": "raise SystemExit"})
    sources = runs({"lazy.py": LAZY, "scaling.py": "FACTOR = 3"})
    lazy = sources.import_module("lazy")
    for function in (lazy.by_statement, lazy.by_name):
        assert compiled(function) == [3.0]
    assert compiled(lazy.of_a_library) == [2.0]


def test_compiled_code_does_not_import_todays(runs, today):
    today({"todays.py": "raise SystemExit"})
    lazy = runs({"lazy.py": LAZY}).import_module("lazy")
    with pytest.raises(ForgeError) as caught:
        compiled(lazy.of_today)
    assert caught.value.code == "code-leak"


def test_code_of_today_is_compiled_as_ever(runs, today):
    runs({"lazy.py": LAZY, "scaling.py": "FACTOR = 3"}).import_module("lazy")
    today({"mine.py": LAZY, "scaling.py": "FACTOR = 5"})
    mine = importlib.import_module("mine")
    assert compiled(mine.by_statement) == [5.0]
