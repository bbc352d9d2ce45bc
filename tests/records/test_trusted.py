"""The list of folders whose runs are trusted."""

import json
import os
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.records.trusted import (
    forget,
    is_below_trusted,
    list_path,
    remember,
    remembered,
)


@pytest.fixture(name="results", autouse=True)
def _results(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    results = tmp_path / "results"
    (results / "train" / "1").mkdir(parents=True)
    return results


def test_what_lies_below_is_trusted_until_it_is_forgotten(results) -> None:
    run = results / "train" / "1"
    assert not is_below_trusted(run)
    remember(results)
    remember(results)
    assert remembered() == (results,)
    assert is_below_trusted(run)
    assert is_below_trusted(results)
    assert not is_below_trusted(results.parent)
    assert not is_below_trusted(results.parent / "results-2")
    assert forget(results)
    assert not forget(results)
    assert not is_below_trusted(run)


def test_links_are_followed_before_anything_is_trusted(results, tmp_path) -> None:
    (tmp_path / "link").symlink_to(results)
    remember(tmp_path / "link")
    assert remembered() == (results,)
    (results / "out").symlink_to(tmp_path)
    assert not is_below_trusted(results / "out")


def test_a_folder_that_is_gone_is_forgotten_all_the_same(results) -> None:
    remember(results)
    remember(results / "train")
    (results / "train" / "1").rmdir()
    (results / "train").rmdir()
    assert forget(results / "train")
    assert remembered() == (results,)


def test_the_list_is_the_users_own_and_can_be_read(results) -> None:
    remember(results)
    assert list_path().stat().st_mode & 0o777 == 0o600
    assert json.loads(list_path().read_text()) == [str(results)]


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "[1]", '["results"]', "null", "[" * 100_000]
)
def test_a_list_that_makes_no_sense_trusts_nothing(results, text) -> None:
    remember(results)
    list_path().write_text(text)
    assert not is_below_trusted(results)
    for use in (remembered, lambda: remember(results), lambda: forget(results)):
        with pytest.raises(ForgeError) as caught:
            use()
        assert caught.value.code == "trust-list"


def test_a_list_that_others_may_write_trusts_nothing(
    results, tmp_path, message
) -> None:
    remember(results)
    list_path().chmod(0o620)
    assert not is_below_trusted(results)
    with pytest.raises(ForgeError) as caught:
        remembered()
    message("trust-list", str(caught.value).replace(str(tmp_path), "~/.local"))


def test_without_a_home_nothing_is_remembered(results, monkeypatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", os.devnull)
    assert not is_below_trusted(results)
    monkeypatch.setenv("FORGE_TRUST", f"{os.pathsep}{results}")
    assert is_below_trusted(results)
    assert not is_below_trusted(Path.cwd())
