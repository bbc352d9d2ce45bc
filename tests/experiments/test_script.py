"""Every command and option of a script's command line, in processes of their own."""

import json
import os
import subprocess

import pytest


@pytest.fixture(autouse=True)
def _script(project):
    project.write()


def test_no_command_runs_and_records(project):
    done = project()
    record = project.record()
    assert record.status == "COMPLETED"
    assert record.result["accuracy"] == 0.5
    assert done.stdout == "step 1 x 0\nstep 2 x 1\nstep 3 x 2\nstep 4 x 0\n"
    assert record.metrics["loss"].steps == (1, 2, 3, 4)
    assert record.checkpoints == (2, 4)
    assert record.run.argv == ("train.py",)
    assert record.run.cwd == str(project.folder)
    assert "train/1  results/train/1" in done.stderr
    assert "COMPLETED" in done.stderr


def test_output_and_console_report_are_captured(project):
    done = project()
    output = project.record().output
    assert "step 1 x 0\n" in output
    assert "train/1  COMPLETED" in output
    for line in (done.stdout + done.stderr).splitlines():
        assert line in output


def test_print_config_shows_origins_and_writes_nothing(project, message):
    done = project("print_config", "with", "tiny", "offset=2", "seed=1")
    message("script-print-config", done.stdout)
    assert project.runs() == []


def test_print_config_as_json_is_what_flags_would_be(project):
    done = project("print_config", "--json", "with", "seed=7", "model=cnn")
    assert json.loads(done.stdout) == {
        "dataset": "toy",
        "dataset.n": 3,
        "dataset.offset": 0,
        "lr": 0.5,
        "model": "cnn",
        "model.filters": [4, 8],
        "seed": 7,
        "steps": 4,
        "stop_at": 0,
    }
    project("with", "seed=7", "model=cnn")
    flags = json.loads((project.folder / "results/train/1/flags.json").read_text())
    assert flags.pop("git_commit") is None
    assert flags == json.loads(done.stdout)


def test_notes_go_to_stderr_and_into_the_record(project):
    words = ("with", "tiny", "model=cnn")
    printed = project("print_config", *words)
    assert "note: preset tiny: model.n_hidden=1 dropped" in printed.stderr
    assert "note" not in printed.stdout
    assert project("print_config", "-q", *words).stderr == ""
    project(*words)
    (note,) = project.record().run.notes
    assert note.startswith("preset tiny: model.n_hidden=1 dropped")


def test_print_presets(project, message):
    message("script-print-presets", project("print_presets").stdout)


def test_print_presets_without_any(project):
    project.write(
        """
        import forge
        @forge.experiment
        def train(): ...
        train.main()
        """
    )
    assert project("print_presets").stdout.startswith("train has no presets.")


def test_print_dependencies_lists_sources_packages_and_commit(project):
    project.write("VALUE = 1\n", "helper.py")
    script = project.folder / "train.py"
    script.write_text("import helper\n" + script.read_text())
    done = project("print_dependencies")
    assert "no repository" in done.stdout
    assert "2 sources" in done.stdout
    assert "  helper.py  " in done.stdout
    assert "  msgspec==" in done.stdout
    subprocess.run(["git", "init", "-q"], check=True, cwd=project.folder)
    assert "no commit yet" in project("print_dependencies").stdout
    assert project.runs() == []


@pytest.mark.parametrize("ending", ["json", "toml", "yaml"])
def test_save_config_writes_what_with_takes_back(project, ending):
    file = f"saved.{ending}"
    words = ("with", "model=cnn", "filters=1,2,3", "lr=1e-3", "seed=5")
    done = project("save_config", file, *words)
    assert done.stdout == (f"{file} written; use it with:  train.py with {file}\n")
    again = project("print_config", "--json", "with", file)
    assert again.stdout == project("print_config", "--json", *words).stdout
    assert project.runs() == []


def test_save_config_wants_a_file(project, message):
    done = project("save_config", expect=2)
    message("no-argument", done.stderr)


def test_help_lists_everything(project, message):
    done = project("help")
    message("script-help", done.stdout)
    for word in ("-h", "--help"):
        assert project(word).stdout == done.stdout


def test_help_of_a_command(project, message):
    done = project("help", "evaluate")
    message("script-help-command", done.stdout)
    assert project("evaluate", "--help").stdout == done.stdout


def test_help_of_an_unknown_command(project, message):
    done = project("help", "evalute", expect=2)
    message("unknown-command-help", done.stderr)


def test_help_where_a_slot_has_no_choice_yet(project):
    text = (project.folder / "train.py").read_text()
    project.write(text.replace("model=mlp", "model"))
    done = project("help")
    assert "cnn" in done.stdout
    assert "mlp" in done.stdout


def test_a_command_is_run_and_recorded(project):
    project("evaluate", "with", "split=train", "n=5")
    record = project.record()
    assert record.run.command == "evaluate"
    assert record.result["split"] == "train"
    assert record.result["n"] == 5
    assert record.config["evaluate.split"] == "train"
    assert record.checkpoints == ()


def test_a_command_may_be_unrecorded(project):
    text = (project.folder / "train.py").read_text()
    extra = """
@train.command(record=False)
def look(model):
    print("looked at", model["name"])


if __name__"""
    project.write(text.replace("\nif __name__", extra))
    assert project("look").stdout == "looked at mlp\n"
    assert project.runs() == []


def test_unknown_command(project, message):
    resumed = project("--resume", "nosuch", expect=2).stderr
    message("unknown-command-resume", resumed)
    message("unknown-command", project("evalute", expect=2).stderr)
    message("unknown-command-with", project("wiht", "steps=4", expect=2).stderr)


def test_a_preset_in_the_place_of_a_command(project, message):
    message("unknown-command-preset", project("tiny", expect=2).stderr)


def test_all_mistakes_are_reported_at_once(project, message):
    done = project(
        "evalute",
        "--lr",
        "3",
        "--capture=none",
        "with",
        "n_hiden=3",
        "steps=x",
        "model=mpl",
        "nowhere.json",
        "huge",
        expect=2,
    )
    text = done.stderr.replace(str(project.folder), "PROJECT")
    message("script-many-mistakes", text)
    assert done.stdout == ""
    assert project.runs() == []


def test_with_may_be_left_out(project):
    done = project("print_config", "--json", "lr=0.25", "seed=1")
    assert json.loads(done.stdout)["lr"] == 0.25


def test_results_dir(project):
    project("-R", "one place", "with", "tiny")
    project("--results-dir", "two", "with", "tiny")
    project("with", "tiny", FORGE_RESULTS_DIR=str(project.folder / "three"))
    for name in ("one place", "two", "three"):
        assert (project.folder / name / "train" / "1" / "run.json").is_file()


def test_label_tag_and_note(project):
    words = ("--label", "first try", "--tag=a", "--tag", "b", "--note", "a remark")
    project(*words, "with", "tiny")
    record = project.record()
    assert record.run.label == "first try"
    assert record.tags == ("a", "b")
    found = json.loads((record.dir / "annotations.json").read_text())
    assert "a remark" in json.dumps(found)


@pytest.mark.parametrize("option", ["-u", "--no-record"])
def test_no_record_runs_and_writes_nothing(project, option):
    done = project(option, "with", "tiny")
    assert done.stdout == "step 1 x 0\nstep 2 x 1\n"
    assert project.runs() == []


def test_dry_run_builds_everything_and_calls_nothing(project):
    done = project("--dry-run", "with", "tiny")
    assert done.stdout == (
        "dry run: everything was built; nothing was run or recorded\n"
    )
    assert project.runs() == []


def test_dry_run_finds_what_only_building_shows(project):
    text = (project.folder / "train.py").read_text()
    project.write(text.replace('"n_in": n', '"n_inn": n'))
    done = project("--dry-run", expect=2)
    assert "did you mean 'n_inn'?" in done.stderr


def test_quiet_keeps_the_console_silent(project):
    assert project("-q", "with", "tiny").stderr == ""


@pytest.mark.parametrize("mode", ["no", "sys", "fd"])
def test_capture(project, mode):
    text = (project.folder / "train.py").read_text()
    text = text.replace(
        "    _run.restore",
        '    __import__("os").system("echo child")\n    _run.restore',
    )
    project.write(text)
    done = project("--capture", mode, "with", "tiny")
    assert "child\n" in done.stdout
    output = project.record().output
    assert ("step 1" in output) == (mode != "no")
    assert ("child" in output) == (mode == "fd")


def test_loglevel(project):
    text = (project.folder / "train.py").read_text()
    text = text.replace("*, _run", "*, _log, _run").replace(
        "    _run.restore",
        '    _log.debug("detail"); _log.info("news")\n    _run.restore',
    )
    project.write(text)
    assert "detail" not in (usual := project("with", "tiny").stderr)
    assert "INFO train: news" in usual
    assert "DEBUG train: detail" in project("-l", "debug", "with", "tiny").stderr
    assert "news" not in project("--loglevel=WARNING", "with", "tiny").stderr
    assert "DEBUG train: detail" in project("-l", "10", "with", "tiny").stderr


def test_an_unknown_loglevel(project, message):
    message("bad-option-loglevel", project("-l", "loud", expect=2).stderr)
    assert project.runs() == []


def test_version(project):
    assert project("--version").stdout.startswith("forge ")


def test_debug_shows_frames_of_forge(project):
    usual = project("with", "stop_at=1", expect=1)
    full = project("-d", "with", "stop_at=1", expect=1)
    assert "forge/run/execution.py" not in usual.stderr
    assert "forge/run/execution.py" in full.stderr
    mistake = project("-d", "with", "n_hiden=1", expect=None)
    assert "Traceback" in mistake.stderr


def test_pdb_opens_where_the_run_failed(project):
    done = subprocess.run(
        project.words("--pdb", "with", "stop_at=1"),
        input="p step\nq\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=project.folder,
    )
    assert done.returncode == 1
    assert "(Pdb) 1\n" in done.stdout
    assert project.record().status == "FAILED"


def test_help_and_config_reach_a_closed_pipe_quietly(project):
    for words in (["help"], ["print_config"]):
        process = project.start(*words)
        process.stdout.close()
        process.wait()
        assert process.stderr.read() == ""
        process.stderr.close()


def test_two_experiments_in_one_script(project, message):
    text = (project.folder / "train.py").read_text()
    project.write(
        text
        + "\n\n@forge.experiment\ndef test(model=mlp):\n    return 1\n\n\n"
        + "if __name__ == '__main__':\n    test.main()\n"
    )
    done = project("with", "tiny", expect=2)
    message("two-experiments", done.stderr.splitlines(keepends=True)[-1])
    assert project.runs() == ["1"]
    assert project.runs("test") == []


def test_two_experiments_of_which_one_has_main(project):
    text = (project.folder / "train.py").read_text()
    second = "\n\n@forge.experiment\ndef test(model=mlp):\n    return 1\n"
    project.write(text.replace("\n\nif __name__", second + "\n\nif __name__"))
    project("with", "tiny")
    assert project.runs() == ["1"]


def test_main_with_words_of_its_own_returns_the_run(project, capsys):
    train = project.load().train
    run = train.main(["-q", "-C", "no", "with", "tiny"])
    assert run.id == "train/1"
    assert run.result["accuracy"] == 0.5
    assert train.main(["print_config"]) is None
    with pytest.raises(SystemExit) as found:
        train.main(["with", "n_hiden=1"])
    assert found.value.code == 2
    assert "Did you mean model.n_hidden?" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("-u",)])
def test_colours_only_on_terminals_that_want_them(project, words):
    done = project("print_config", "with", "tiny", *words)
    assert "\033" not in done.stdout


def test_colours_on_a_terminal(project):
    pty = pytest.importorskip("pty")

    def shown(**env):
        parent, child = pty.openpty()
        subprocess.run(
            project.words("print_config", "with", "tiny"),
            stdout=child,
            check=True,
            cwd=project.folder,
            env={**os.environ, **env},
        )
        os.close(child)
        text = os.read(parent, 100_000).decode()
        os.close(parent)
        return text

    assert "\033[1m* " in shown(TERM="xterm", NO_COLOR="")
    assert "\033" not in shown(TERM="xterm", NO_COLOR="1")
