"""`forge ls`."""

import json
import os
import subprocess
import sys

import pytest
from runfolders import make_run

from forge.cli import listing


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(1, 26):
        make_run(
            tmp_path / "results",
            number=number,
            config={"lr": number / 100, "model": "cnn", "evil\x1b[31m": "\x1b]0;x\x07"},
            summary={"loss": {"last": 1 / number, "step": 1, "min": 0.001}},
            annotations={"tags": ["best"]} if number == 25 else {},
        )
    return tmp_path / "results"


def test_piped_it_is_a_table_for_programs(forge, root) -> None:
    shown = forge("ls", "-q", "lr < 0.03")
    assert shown.out.splitlines() == [
        "id\tstatus\tstarted\tduration\tlr\tloss",
        "train/2\tCOMPLETED\t2026-11-03T12:00:00.000+00:00\t120.0\t0.02\t0.5",
        "train/1\tCOMPLETED\t2026-11-02T12:00:00.000+00:00\t60.0\t0.01\t1.0",
    ]
    assert (shown.status, shown.err) == (0, "")
    assert forge("ls", "lr", "<", "0.03") == forge("list", "lr < 0.03") == shown
    assert forge("ls", "--query", "lr < 0.03", "model = cnn").out == shown.out


def test_a_list_says_when_it_is_not_whole(forge, root) -> None:
    shown = forge("ls")
    assert len(shown.out.splitlines()) == 21
    assert shown.err == "forge: note: 20 of 25 runs; -a shows all, -n N shows N.\n"
    for words in (["-a"], ["-n", "0"], ["--tsv"], ["-n", "25"]):
        shown = forge("ls", *words)
        assert (len(shown.out.splitlines()), shown.err) == (26, ""), words


def test_columns_and_order(forge, root) -> None:
    shown = forge("ls", "--sort", "-lr", "--cols", "id,loss.min,tags", "-n", "2")
    assert shown.out.splitlines() == [
        "id\tloss.min\ttags",
        'train/25\t0.001\t["best"]',
        "train/24\t0.001\t",
    ]


def test_a_column_that_no_run_has_is_empty_and_said_to_be(forge, root) -> None:
    shown = forge("ls", "--cols", "id,lrr,model.units", "-n", "25", "best")
    assert shown.out == "id\tlrr\tmodel.units\ntrain/25\t\t\n"
    assert shown.err == (
        "forge: note: no run has 'lrr'. Did you mean lr?\n"
        "forge: note: no run has 'model.units'. Did you mean model?\n"
    )


def test_a_list_tells_commands_from_what_was_trained(forge, root) -> None:
    make_run(root, number=30, command="evaluate")
    shown = forge("ls", "number > 24").out.splitlines()
    assert [line.split("\t")[4] for line in shown] == ["command", "", "evaluate"]


def test_a_list_shows_what_a_resume_gave_anew(forge, root) -> None:
    session = {"started": "2026-11-01T12:00:00+00:00", "resumed": 9}
    changed = {"changes": {"lr": {"old": 0.3, "new": 0.4}}}
    make_run(root, number=30, config={"lr": 0.3}, sessions=[session | changed])
    assert forge("ls", "lr = 0.4", "-c", "id,lr").out == "id\tlr\ntrain/30\t0.4\n"
    assert "+lr = 0.4" in forge("diff", "1", "30", "--config").out.splitlines()


def test_forms_for_programs(forge, root) -> None:
    one = json.loads(forge("ls", "--json", "best").out)
    assert [run["id"] for run in one] == ["train/25"]
    assert one[0]["config"]["lr"] == 0.25
    assert json.loads(forge("ls", "--json", "--cols", "id,lr", "best").out) == [
        {"id": "train/25", "lr": 0.25}
    ]
    assert (
        forge("ls", "--csv", "-c", "id,tags", "best").out
        == 'id,tags\r\ntrain/25,"[""best""]"\r\n'
    )
    assert (
        forge("ls", "--md", "-c", "id", "best").out.splitlines()[-1] == "| train/25 |"
    )


def test_nothing_found(forge, root, tmp_path) -> None:
    nothing = forge("ls", "-q", "lr > 9")
    assert (nothing.status, nothing.out) == (1, "")
    (tmp_path / "empty").mkdir()
    empty = forge("ls", "-R", tmp_path / "empty")
    assert (empty.status, empty.out) == (1, "")
    assert empty.err == f"forge: note: there are no runs in {tmp_path / 'empty'}.\n"
    assert json.loads(forge("ls", "--json", "-q", "lr > 9").out) == []


def test_mistakes(forge, root) -> None:
    for words in (
        ["-q", "lr <"],
        ["--sort", "lrr"],
        ["-n", "many"],
        ["--json", "--csv"],
    ):
        wrong = forge("ls", *words)
        assert (wrong.status, wrong.out) == (2, ""), words
    assert (
        forge("ls", "-q", "lrr < 1").err
        == "forge: note: no run has 'lrr'. Did you mean lr?\n"
    )


def test_broken_folders_are_rows_with_a_reason(forge, root) -> None:
    (root / "train" / "99").mkdir()
    (root / "train" / "99" / "run.json").write_bytes(b"\x00\xff")
    (root / "bad\x1b[2Jname" / "1").mkdir(parents=True)
    shown = forge("ls", "-a")
    assert "\x1b" not in shown.out + shown.err
    lines = [
        line for line in shown.out.splitlines() if line.startswith(("train/99", "bad"))
    ]
    assert len(lines) == 2
    assert all(("unreadable" in line) or ("starting" in line) for line in lines)
    assert len(shown.out.splitlines()) == 28


def test_a_list_of_runs_that_have_not_changed_imports_little(root) -> None:
    """What it takes to import would be most of the time that it takes."""
    for folder in root.glob("*/*"):
        os.utime(folder, (1e9, 1e9))
    script = (
        "import sys; from forge.cli.entry import main; main(['ls', '-n', '1'])"
        "; print({'msgspec', 'rich', 'html', 'dataclasses', 'psutil', 'asyncio'}"
        " & {*sys.modules})"
    )
    for _ in range(2):
        words = [sys.executable, "-c", script]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_size_and_path_are_there_when_asked_for(forge, root) -> None:
    big = root / "train/3/checkpoints/1"
    big.mkdir(parents=True)
    (big / "model.npz").write_bytes(b"x" * 1_000_000)
    shown = forge("ls", "size > 1000000", "-s", "-size", "-c", "id,size,path")
    (line,) = shown.out.splitlines()[1:]
    name, size, path = line.split("\t")
    assert (name, path) == ("train/3", str(root.relative_to(root.parent) / "train/3"))
    assert 1_000_000 < int(size) < 1_010_000
    # Nothing keeps it, so nothing can have it wrong.
    (big / "model.npz").unlink()
    assert forge("ls", "size > 1000000").status == 1
    assert forge("ls", "path ~ train/24", "-c", "id").out == "id\ntrain/24\n"
    assert "size\t" in forge("show", "3").out


def test_a_size_of_its_own_is_what_a_run_means(forge, root) -> None:
    make_run(root, "other", 1, config={"size": 7}, result={"path": "a", "n": 1})
    found = forge("ls", "size = 7", "-c", "id,size,path,result")
    assert found.out.splitlines()[1] == 'other/1\t7\ta\t{"path":"a","n":1}'
    assert found.err == (
        "forge: note: 'size' is taken for config.size; it could be run.size.\n"
    )
    assert forge("ls", "run.size > 7", "-c", "id").out.count("\n") == 21


def test_without_a_scan_the_answer_is_that_of_the_last_time(forge, root) -> None:
    first = forge("ls", "--no-scan", "-c", "id")  # there was none yet
    assert first.out.count("\n") == 21
    make_run(root, number=26)
    assert forge("ls", "--no-scan", "-c", "id") == first
    assert forge("show", "--no-scan", "-q", "number = 26").status == 1
    assert forge("ls", "-c", "id").out.splitlines()[1] == "train/26"


def test_a_scan_that_takes_long_says_how_to_do_without(
    forge, root, monkeypatch
) -> None:
    for run in root.glob("train/*"):
        os.utime(run, (5, 5))  # nothing has changed for long
    forge("ls")
    monkeypatch.setattr(listing, "_LONG", 0.0)
    assert "s; --no-scan answers from the last time." in forge("ls", "-a").err
    assert forge("ls", "-a", "--no-scan").err == ""


def test_a_name_that_no_run_has_is_said_whatever_the_verb(forge, root, message):
    shown = forge("path", "-q", "lrr < 1 or number = 1")
    assert shown.out.count("\n") == 1
    assert shown.err == "forge: note: no run has 'lrr'. Did you mean lr?\n"
    message("no-run-filter", forge("rm", "-q", "lrr < 1").err.rstrip())


def test_a_name_with_a_comma_is_a_column_in_quotes(forge, root) -> None:
    make_run(
        root,
        number=30,
        config={"a, b": 1},
        summary={"x y": {"last": 5, "step": 1, "max": 7}},
    )
    cols = 'id,config."a, b",summary."x y".max,"x y".max'
    found = forge("ls", "--sort", '-config."a, b"', "-n", "1", "-c", cols)
    assert found.out.splitlines()[1] == "train/30\t1\t7\t7"
