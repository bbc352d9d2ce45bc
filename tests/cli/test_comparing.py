"""`forge show`, `compare`, `diff`."""

import json

import pytest
from runfolders import make_run


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2, 3):
        make_run(
            tmp_path / "results",
            number=number,
            config={"lr": 0.1 * (1 + number // 3), "seed": number, "same": "\x1b[31m"},
            summary={"loss": {"last": number / 4, "step": 1}},
            sources={"train.py": f"x = {number}\n\x1b[2J\n"},
            label="mine" if number == 2 else None,
        )
    return tmp_path / "results"


def test_everything_about_a_run(forge, root) -> None:
    shown = forge("show", "mine")
    assert shown.out.splitlines()[0] == "id\ttrain/2"
    assert "config.same\t\\x1b[31m" in shown.out.splitlines()
    whole = json.loads(forge("info", "train/1:2", "--json").out)
    assert [run["config"]["seed"] for run in whole] == [1, 2]
    assert forge("show", "@").out.startswith("id\ttrain/3\n")
    assert forge("show", "@2").out.startswith("id\ttrain/2\n")
    assert forge("show", "@4").status == 1


def test_a_run_outside_of_the_results_folder(forge, root, tmp_path) -> None:
    folder = make_run(tmp_path / "copies", "old", 9)
    assert forge("show", folder).out.startswith("id\told/9\n")


def test_what_differs(forge, root) -> None:
    lines = forge("compare", "train/1", "train/2").out.splitlines()
    assert lines[:3] == [
        "key\ttrain/1\ttrain/2",
        "config.seed\t1\t2",
        "summary.loss\t0.25\t0.5",
    ]
    assert (
        "config.same\t\\x1b[31m\t\\x1b[31m" in forge("compare", "1", "2", "--all").out
    )
    grouped = forge("compare", "train/1:3", "--group", "--json")
    assert json.loads(grouped.out)[0] == {
        "lr": 0.1,
        "n": 2,
        "loss.mean": 0.375,
        "loss.std": pytest.approx(0.17677669),
        "loss.n": 2,
    }
    assert (
        forge("compare", "-q", "name = train", "--group", "seed", "--tsv").out.count(
            "\n"
        )
        == 4
    )


def test_one_run_alone(forge, root, message) -> None:
    wrong = forge("compare", "train/1")
    assert wrong.status == 2
    message("bad-option-compare", wrong.err.rstrip())
    assert "config.lr\t0.1" in forge("compare", "train/1", "--all").out


def test_too_many_for_one_screen(forge, root) -> None:
    for number in range(4, 60):
        make_run(root, number=number)
    wrong = forge("compare", "train/1:")
    assert wrong.status == 2
    assert "--group" in wrong.err


def test_differences(forge, root) -> None:
    found = forge("diff", "train/1", "train/2")
    assert found.status == 1
    assert "-seed = 1\n+seed = 2\n" in found.out
    assert "-x = 1\n+x = 2\n" in found.out
    assert forge("diff", "train/1", "train/2", "--output").status == 0
    assert forge("diff", "train/1", "train/1").out == ""
    for words in (["train/1"], ["train/1", "train/2", "-w"], ["train/1:2", "train/3"]):
        assert forge("diff", *words).status == 2, words


def test_two_runs_named_together(forge, root) -> None:
    named = forge("diff", "1", "2", "--config")
    assert named.out
    for words in (["1:2"], ["2", "-q", "number = 1"], ["-q", "number in [1, 2]"]):
        assert forge("diff", *words, "--config").out.count("\n") == 4, words
    assert forge("diff", "1", "train/1") == (0, "", "")
    wrong = forge("diff", "1:3")
    assert (wrong.status, wrong.out) == (2, "")
    assert wrong.err.endswith("(-w); 3 runs given.\n")


def test_groups_by_what_is_no_parameter(forge, root) -> None:
    answer = forge("compare", "-q", "name = train", "-g", "run.status", "--tsv")
    assert answer.err == ""
    assert answer.out.splitlines()[0].startswith("run.status\tn\t")
    assert answer.out.splitlines()[1].startswith("COMPLETED\t3\t")
    # A name that no run has is told, and shown to be empty.
    wrong = forge("compare", "-q", "name = train", "-g", "lrr", "--tsv")
    assert wrong.err.startswith("forge: note: no run has 'lrr' to group by. Did you")
    assert wrong.out.startswith("lrr\tn\t")
