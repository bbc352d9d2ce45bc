"""Versions of a run next to today's."""

import sys

import pytest

from forge.rebuild.versions import differing_versions


def test_a_difference_in_the_last_number_is_none():
    major, minor = sys.version_info[:2]
    assert differing_versions({"python": f"{major}.{minor}.999"}) == ""


def test_libraries_that_are_not_imported_stay_so():
    assert differing_versions({"tkinter": "1.0", "pytest": ""}) == ""
    assert "tkinter" not in sys.modules


def test_each_difference_is_named():
    text = differing_versions({"python": "2.7", "pytest": "0.1"})
    assert text.startswith("the run used python 2.7, now 3.")
    assert text.endswith(f"; pytest 0.1, now {pytest.__version__}")
