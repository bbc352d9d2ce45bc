"""Going on with a run that has ended as it should."""


def test_a_run_that_was_complete_is_said_to_be(project, message):
    project.write()
    project("with", "steps=2")
    done = project("--resume")
    message("resumed-complete", done.stderr.splitlines()[0])
    assert project.record().run.notes[-1] in done.stderr
    assert "was COMPLETED" not in project("--resume", "with", "steps=3").stderr
