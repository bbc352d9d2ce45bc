"""The flags of a program from outside: defined, parsed, listed."""

SHOW = """
import forge
from forge import flags
import forge.experiment_tools as fet

flags.DEFINE_string("model_config", "configs/model.py", "A file.")
flags.DEFINE_bool("resume", False)
config = forge.config()
print(config.n_hidden, config is not None, "n_hidden" in config, sorted(config))
fet.set_flags(n_hidden=9)
assert forge.config().n_hidden == flags.FLAGS.n_hidden == 9
fet.print_flags()
from absl import flags as absl
absl.DEFINE_integer("n_hidden", 1, "Another one.")
assert "resume" not in absl.FLAGS
assert list(config) == list(forge.config())
import sys
print(sys.argv[1:])
"""


def test_flags_of_files_and_of_the_script(classic):
    classic.write(SHOW, "show.py")
    done = classic("--n_hidden=5", "--resume", "--", "rest", script="show.py")
    assert done.stdout.splitlines() == [
        "5 True True ['model_config', 'n_hidden', 'resume', 'verbose']",
        "  model_config  configs/model.py",
        "* n_hidden      9",
        "* resume        true",
        "  verbose       false",
        "['--n_hidden=5', '--resume', '--', 'rest']",
    ]


def test_help_lists_flags_and_ends_well(classic, message):
    done = classic("--help", "--model_config=configs/deep.py")
    message("classic-script-help", done.stdout.rstrip())
    assert done.stderr == ""
    assert not (classic.folder / "results").exists()


LATE = """
from forge import flags
flags.DEFINE_integer("n", 1, "How many.")
print(flags.FLAGS.n)
"""


def test_flags_that_are_read_before_they_were_parsed_are_parsed(classic):
    classic.write(LATE, "late.py")
    assert classic("--n=4", script="late.py").stdout == "4\n"
    assert (
        "no flag is called --m" in classic("--m=4", script="late.py", expect=2).stderr
    )


OTHER = """
import sys
import forge
forge.load("configs/data.py", type("Config", (), {"n": 2, "scale": 3.0}))
print(forge.flags.FLAGS.n, sys.argv[1:])
"""


def test_the_command_line_of_another_program_is_left_alone(classic):
    """A script that defines no flags may have words of its own, as test runners do."""
    classic.write(OTHER, "other.py")
    assert classic("--its-own", script="other.py").stdout == "3 ['--its-own']\n"


def test_a_list_of_words_may_be_given(classic):
    text = SHOW.replace("config()", "config(['--n_hidden=3'])", 1)
    classic.write(text, "show.py")
    assert classic("--whatever", script="show.py").stdout.startswith("3 True True")


def test_a_flag_may_be_called_as_help_is(classic):
    text = SHOW.replace(
        "flags.DEFINE_bool(", "flags.DEFINE_integer('h', 1)\nflags.DEFINE_bool("
    )
    classic.write(text, "show.py")
    done = classic("-h", "3", script="show.py")
    assert "* h             3" in done.stdout
