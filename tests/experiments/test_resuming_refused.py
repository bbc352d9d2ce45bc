"""Resuming what needs no resuming, or is not to be resumed by this script."""


def test_a_run_that_was_complete_is_said_to_be(project, message):
    project.write()
    project("with", "steps=2")
    done = project("--resume")
    message("resumed-complete", done.stderr.splitlines()[0])
    assert project.record().run.notes[-1] in done.stderr
    assert "was COMPLETED" not in project("--resume", "with", "steps=3").stderr


def test_a_run_of_another_script_is_refused(project, message):
    project.write()
    project("with", "steps=2")
    other = project.folder / "other.py"
    other.write_text((project.folder / "train.py").read_text())
    done = project("--resume", "with", "steps=3", script="other.py", expect=2)
    message("not-resumable-script", done.stderr)
    # One that was renamed goes on, where it is said with which code.
    (project.folder / "train.py").unlink()
    words = ("--resume", "--code", "current", "with", "steps=3")
    assert "goes on after step 2" in project(*words, script="other.py").stderr
