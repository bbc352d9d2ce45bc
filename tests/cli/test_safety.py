"""`forge verify` and `forge trust`."""

import json

import pytest
from projects import Project


@pytest.fixture(scope="module", name="results")
def _results(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("safety") / "project")
    project.write()
    project("--quiet", "with", "steps=2")
    project("--quiet", "with", "steps=2")
    (project.folder / "results/train/2/sources/train.py").write_text("other")
    return project.folder / "results"


@pytest.fixture(name="state", autouse=True)
def _state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_verify_names_each_damaged_file(forge, results, monkeypatch, message) -> None:
    monkeypatch.chdir(results.parent)
    one, two = forge("verify", "train/1"), forge("verify", "train/2")
    assert (one.status, two.status) == (0, 1)
    message("verify-good", one.out.rstrip())
    message("verify-damaged", two.out.rstrip())
    assert forge("verify", "--quick", "train/1").out == one.out
    assert forge("verify", "-q", "number = 1") == one
    assert forge("verify", "-q", "number = 9").status == 1


def test_verify_checks_every_run_where_none_is_named(
    forge, results, tmp_path, message
) -> None:
    answer = forge("verify", "-R", results)
    assert answer.status == 1
    message("verify-all", answer.out.replace(str(results), "results").rstrip())
    nothing = forge("verify", "-R", tmp_path)
    assert (nothing.status, nothing.out) == (1, "")
    assert nothing.err == f"no runs in {tmp_path}\n"


def test_verify_tells_programs(forge, results) -> None:
    answer = forge("verify", "-R", results, "--json")
    one, two = json.loads(answer.out)
    assert one == {
        "folder": str(results / "train/1"),
        "good": True,
        "problems": [],
        "signature": "signed by you",
    }
    assert (answer.status, two["good"]) == (1, False)
    assert two["problems"][0]["file"] == "sources/train.py"


def test_a_mistake_in_the_words_is_neither_good_nor_damaged(forge, results) -> None:
    assert forge("verify", "--all").status == 2
    assert forge("verify", "train/9", "-R", results).status == 1


def test_trust_covers_what_lies_below_a_folder(
    forge, results, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(results.parent)
    nothing = forge("trust")
    assert (nothing.status, nothing.out) == (1, "")
    assert "no folder is trusted" in nothing.err
    answer = forge("trust", "results")
    assert answer.status == 0
    assert answer.out == f"trusted from now on: {results}  (2 runs below it)\n"
    monkeypatch.setenv("FORGE_TRUST", str(tmp_path))
    listed = forge("trust")
    assert listed.status == 0
    assert listed.out.splitlines() == [
        f"{results}  ({tmp_path}/state/forge/trusted.json)",
        f"{tmp_path}  (FORGE_TRUST)",
    ]
    assert forge("trust", "--forget", results).out == f"trusted no more: {results}\n"
    again = forge("trust", "--forget", results)
    assert (again.status, again.out) == (1, f"was not trusted: {results}\n")


def test_trust_takes_no_folder_that_there_is_not(forge, results, message) -> None:
    answer = forge("trust", results, "nowhere")
    assert answer.status == 2
    message("no-folder", answer.err.rstrip())
    assert forge("trust").status == 1


def test_a_list_that_cannot_be_kept_says_what_else_there_is(
    forge, results, state, message
) -> None:
    state.write_text("")
    answer = forge("trust", results)
    assert answer.status == 2
    message("trust-list-unwritable", answer.err.rstrip())
