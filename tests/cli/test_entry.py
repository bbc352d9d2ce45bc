"""The `forge` command as a whole: help, mistakes, exit statuses."""

from runfolders import make_run

import forge as facade
from forge.cli.verbs import VERBS


def test_without_words_it_shows_every_verb(forge) -> None:
    shown = forge()
    assert shown.status == 0
    assert {verb.name for verb in VERBS.values()} <= {*shown.out.split()}
    assert forge("--help") == shown == forge("help")


def test_every_verb_says_what_it_takes(forge, monkeypatch) -> None:
    for word, verb in VERBS.items():
        help_of_it, asked = (
            _exits(forge, *words) for words in ((word, "--help"), ("help", word))
        )
        assert help_of_it == asked, word
        assert verb.name in help_of_it


def _exits(forge, *words) -> str:
    answer = forge(*words)
    assert answer.status == 0
    return answer.out


def test_a_mistyped_verb(forge, message) -> None:
    wrong = forge("pth", "train/1")
    assert (wrong.status, wrong.out) == (2, "")
    first, _ = wrong.err.split("\n  There are: ")
    message("unknown-verb", first)
    first, _ = forge("--csv", "ls").err.split("\n  There are: ")
    message("unknown-verb-option", first)


def test_where_runs_lie_may_be_said_before_the_verb(forge, tmp_path) -> None:
    make_run(tmp_path / "here")
    make_run(tmp_path / "there", number=2)
    shown = forge("-R", tmp_path / "here", f"-R{tmp_path / 'there'}", "ls", "-c", "id")
    assert shown.out.split() == ["id", "train/2", "train/1"]
    shown = forge(f"--results-dir={tmp_path / 'there'}", "path", "2")
    assert shown.out.split() == [str(tmp_path / "there/train/2")]
    assert forge("-R").status == 2
    assert forge("-R").err == "forge: error: forge -R: a folder must follow.\n"
    assert forge("-R", tmp_path / "here").out.startswith("usage: forge VERB")


def test_a_mistyped_option(forge, message) -> None:
    wrong = forge("path", "train/1", "--reslts-dir=x")
    assert (wrong.status, wrong.out) == (2, "")
    message("bad-option-verb", wrong.err.rstrip())


def test_a_file_that_is_no_folder_is_named(forge, tmp_path, monkeypatch, message):
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "results", summary={"loss": {"last": 0.5, "step": 1, "n": 1}})
    (tmp_path / "file").touch()
    wrong = forge("tensorboard", "--logdir", "file", "train/1")
    assert (wrong.status, wrong.out) == (2, "")
    message("file-refused", wrong.err.rstrip())


def test_it_says_its_version(forge) -> None:
    assert forge("--version").out == f"forge {facade.__version__}\n"
