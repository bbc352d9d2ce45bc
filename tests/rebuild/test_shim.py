"""The module importlib, as stored code sees it."""

import importlib
import importlib.machinery

import pytest


def test_stored_code_sees_importlib_with_all_its_names(runs):
    code = """
        import importlib
        import importlib.machinery
        from importlib import import_module, util, metadata
        from importlib.machinery import PathFinder
        again = import_module("importlib")
        """
    train = runs({"train.py": code}).import_module("train")
    assert train.importlib is train.again
    assert train.importlib is not importlib
    assert train.importlib.__name__ == "importlib"
    assert train.importlib.machinery is importlib.machinery
    assert {*dir(importlib)} <= {*dir(train.importlib)}
    with pytest.raises(AttributeError, match="nothing"):
        _ = train.importlib.nothing


def test_relative_names_are_relative_to_the_package_in_the_run(runs):
    files = {"pkg/__init__.py": "", "pkg/a.py": "", "pkg/deep/__init__.py": ""}
    code = """
        from importlib import import_module
        import json
        found = [
            import_module(".a", "pkg"),
            import_module("..a", package="pkg.deep"),
            import_module("..a", __package__ + ".pkg.deep"),
        ]
        decoder = import_module(".decoder", "json")
        """
    sources = runs({**files, "train.py": code})
    train = sources.import_module("train")
    assert {*train.found} == {sources.import_module("pkg.a")}
    assert train.decoder.__name__ == "json.decoder"
    with pytest.raises(TypeError):
        train.import_module(".a")
