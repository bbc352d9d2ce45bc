"""`forge completion`."""

import os
import shutil
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runfolders import make_run

from forge.cli.completing import offered
from forge.cli.verbs import VERBS


@pytest.fixture(name="results")
def _results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "results"
    config = {"lr": 0.1, "model": "cnn", "model.width": 3}
    summary = {"loss": {"last": 1.0, "step": 1}}
    make_run(root, number=1, config=config, summary=summary)
    make_run(root, number=2, annotations={"tags": ["best"]})
    make_run(root, name="distill")
    return root


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sh"], ["show"]),
        (["help", "comp"], ["compare", "completion"]),
        (["show", "tr"], ["train/2", "train/1", "train"]),
        (["compare", "train/1", "d"], ["distill/1", "distill"]),
        (["ls", "--so"], ["--sort"]),
        (["ls", "-s", "-model"], ["-model", "-model.width"]),
        (["ls", "--cols", "id,l"], ["id,lr", "id,loss", "id,label"]),
        (["ls", "-q", "mod"], ["model", "model.width"]),
        (["tag", "be"], ["best"]),
        (["metrics", "train/1", "lo"], ["loss"]),
        (["ls", "-R", ""], []),
        (["nothing", ""], []),
        (["show", "no/"], []),
    ],
)
def test_what_fits_is_offered(results, words, expected):
    assert offered(words) == expected


def test_every_verb_is_offered():
    assert offered([""]) == [*VERBS, "help"]
    assert offered([]) == [*VERBS, "help"]


def test_without_results_nothing_is_offered_and_nothing_said(forge, tmp_path):
    answer = forge("completion", "--words", "show", "-R", tmp_path / "no", "")
    assert answer == (0, "", "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*VERBS, "-q", "--sort", "-", "", "train/1", "x,"])))
def test_whatever_was_typed_there_is_an_answer(results, words):
    last = words[-1] if words else ""
    assert all(word.startswith(last) for word in offered(words))


def test_the_scripts_say_how_they_are_used(forge, message):
    scripts = [forge("completion", shell).out for shell in ("bash", "zsh", "fish")]
    message("completion-scripts", "\n".join(scripts).rstrip())


def test_an_unknown_shell_is_refused(forge, message):
    answer = forge("completion", "tcsh")
    assert answer.status == 2
    message("completion-shell", answer.err.rstrip())


ASK = {
    "bash": """
        eval "$(forge completion bash)"
        COMP_WORDS=(forge show tr); COMP_CWORD=2
        _forge; printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        compdef() { :; }; compadd() { print -l -- $found; }
        eval "$(forge completion zsh)"
        words=(forge show tr); CURRENT=3
        _forge
    """,
    "fish": """
        forge completion fish | source
        complete -C 'forge show tr'
    """,
}


@pytest.mark.parametrize("shell", [*ASK])
def test_real_shells_complete(results, tmp_path, shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    command = tmp_path / "bin" / "forge"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m forge "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [program, *(["-f"] if shell == "zsh" else []), "-c", ASK[shell]],
        env={**os.environ, "PATH": path, "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    words = done.stdout.split()
    assert {"train/1", "train/2"} <= {*words}, done.stderr
    assert all(word.startswith("tr") for word in words if "/" in word)
