"""Tracebacks as users want them: from their own first line on."""

from pathlib import Path

import pytest

import forge
from forge.errors import ForgeError
from forge.run.tracebacks import message_of, user_line, user_traceback


SCRIPT = """
import forge

@forge.model
def mlp(n=1):
    raise {error}

@forge.experiment
def train(model=mlp, *, _run):
    return model

def plain(n):
    return 1 // n

@forge.experiment
def chained(how="cause", *, _run):
    try:
        plain(0)
    except ZeroDivisionError as error:
        if how == "cause":
            raise ValueError("outer") from error
        if how == "none":
            raise ValueError("outer") from None
        if how == "group":
            raise ExceptionGroup("several", [error, OSError("x")])
        raise ValueError("outer")

@forge.experiment
def logs(*, _run):
    _run.log(loss="x")
"""


def raised(call):
    with pytest.raises(BaseException) as found:  # noqa: PT011 - any
        call()
    return found.value


def test_frames_of_forge_are_left_out(project):
    module = project.load(SCRIPT.format(error="ValueError('x')"))
    error = raised(lambda: module.train.run(record=False))
    text = user_traceback(error)
    assert str(Path(forge.__file__).parent) not in text
    assert "in mlp" in text
    assert text.endswith("\n")
    assert "forge/building" in user_traceback(error, full=True)


@pytest.mark.parametrize("how", ["cause", "context", "none", "group"])
def test_causes_and_groups_are_shortened_as_well(project, how):
    module = project.load(SCRIPT.format(error="ValueError('x')"))
    error = raised(lambda: module.chained.run({"how": how}, record=False))
    text = user_traceback(error)
    assert "execution.py" not in text
    assert ("in plain" in text) == (how != "none")
    assert "The above exception was the direct cause" in text or how != "cause"


def test_an_error_from_forge_alone_keeps_its_frames():
    from forge.run.scalars import plain

    error = raised(lambda: plain({"a": None}))
    error.__traceback__ = error.__traceback__.tb_next.tb_next
    assert "scalars.py" in user_traceback(error)


def test_the_line_of_a_mistake_inside_the_body(project):
    module = project.load(SCRIPT.format(error="ValueError('x')"))
    error = raised(lambda: module.logs.run(record=False))
    assert isinstance(error, ForgeError)
    line = user_line(error)
    assert line.endswith('_run.log(loss="x")')
    assert f"{project.folder / 'train.py'}:" in line


def test_no_line_where_the_mistake_is_in_what_was_asked_for(project):
    module = project.load(SCRIPT.format(error="ValueError('x')"))
    error = raised(lambda: module.train.run({"nn": 1}, record=False))
    assert user_line(error) == ""


def test_projects_whose_folder_begins_like_forges_own_are_users(tmp_path):
    import forge.run.tracebacks as module

    own = module._OWN
    assert not module._is_ours(own.rstrip("/") + "_of_mine/train.py")
    assert module._is_ours(own + "run/execution.py")


def test_a_text_that_cannot_be_had():
    class BrokenError(Exception):
        def __str__(self):
            raise RuntimeError

    assert message_of(ValueError("x")) == "x"
    assert message_of(BrokenError()) == "<a BrokenError whose text cannot be had>"
