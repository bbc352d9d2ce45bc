"""Pages about flags: the help of a script, and a table of values."""

from forge.classic.definitions import UNREAD, Definition
from forge.classic.pages import flags_table, help_page
from forge.classic.space import FlagSpace


def space():
    made = FlagSpace()
    made.announce(
        [
            Definition(
                name="lr", kind="float", default=0.1, help="Rate.", file="train.py"
            ),
            Definition(name="resume", kind="boolean", default=False, file="train.py"),
            Definition(name="name", kind="string", default=None, file="train.py"),
            Definition(
                name="size", kind="enum", default="s", choices=("s", "m"), file="m.py"
            ),
            Definition(name="root", kind="string", default=UNREAD, file="m.py"),
            Definition(
                name="layers", kind="list", default="8,8", file="m.py", help="a\n b"
            ),
        ]
    )
    made.give("lr", 0.5)
    return made


def test_help_lists_every_flag_under_its_file(message):
    message("classic-help", help_page(space(), "/somewhere/train.py"))


def test_the_table_marks_what_was_given(message):
    message("classic-flags", flags_table(space()))
