"""Whose flags are meant: those of the program, or of a run that is rebuilt in it."""

from forge.classic.definitions import Definition
from forge.classic.spaces import (
    RUN_NAME,
    main_code,
    own_space,
    space_here,
    space_of,
    space_of_run,
)
from forge.rebuild import isolated


class Sources:
    """Stands for the stored sources of a run."""


def test_the_loader_calls_runs_the_same():
    assert RUN_NAME == isolated.RUN_NAME


def test_code_of_the_program_has_the_flags_of_the_program():
    assert space_here() is own_space()
    assert space_of(globals()) is own_space()


def test_stored_code_has_the_flags_of_its_run():
    one, two = Sources(), Sources()
    assert space_of({RUN_NAME: one}) is space_of_run(one)
    assert space_of_run(one) is not space_of_run(two)
    space_of_run(one).define(
        Definition(name="only_stored", kind="integer", default=1, file="a.py")
    )
    assert "only_stored" not in space_of_run(two)
    assert "only_stored" not in own_space()


def test_no_script_of_forge_is_under_way():
    """Tests run inside of some script, whose code is found; threads have none."""
    import threading

    found = []
    thread = threading.Thread(target=lambda: found.append(main_code()))
    thread.start()
    thread.join()
    assert found == [None]
