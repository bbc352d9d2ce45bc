"""Mistakes in the words of verbs, as people make them."""

import pytest
from runfolders import make_run


@pytest.fixture(autouse=True)
def _results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    for number in (1, 2):
        make_run(tmp_path / "results", number=number, config={"lr": number / 10})


WORDS = (
    "ls -n x",
    "ls -n -3",
    "ls -c",
    "ls --all=1",
    "ls --jsn",
    "export 1",
    "export 1 --html a --zip b",
    "tag",
    "tag a,b",
    "path",
    "cat",
    "diff",
    "compare --group train",
    "reindex 3",
    "tail -n",
    "help trusst",
)


def test_whatever_is_wrong_is_said_in_the_words_of_forge(forge, message) -> None:
    said = []
    for words in WORDS:
        answer = forge(*words.split())
        assert (answer.status, answer.out) == (2, ""), words
        # What is long, and the same for every verb, is left out.
        lines = [
            line
            for line in answer.err.splitlines()
            if not line.startswith(("  usage", "   ", "  Names", "  There are"))
        ]
        said += [f"$ forge {words}", *lines]
    message("mistakes-of-words", "\n".join(said))


def test_a_name_that_groups_nothing(forge) -> None:
    answer = forge("compare", "1", "2", "--group", "lrr")
    assert answer.status == 0
    assert answer.err == (
        "forge: note: no run has 'lrr' to group by. Did you mean lr?\n"
    )


def test_a_run_without_a_note_says_so(forge) -> None:
    answer = forge("note", "1")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == "forge: results/train/1 has no note.\n"
