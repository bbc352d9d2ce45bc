"""A script's command line, read into its flags."""

import pytest

from forge.classic.parsing import Parsing
from forge.classic.space import FlagSpace
from forge.errors import ForgeError


@pytest.fixture(name="parse")
def _parse(classic):
    def parse(*argv, script="train.py"):
        space = FlagSpace()
        file = classic.folder / script if script else None
        rest = Parsing(space, file).parse(argv)
        return space, rest

    return parse


def test_flags_of_files_that_flags_name_are_known_before_these_run(parse):
    space, rest = parse("--n=5", "--n_hidden", "7", "--verbose", "--", "more")
    assert space.value("n") == 5
    assert space.value("n_hidden") == 7
    assert space.value("verbose") is True
    assert space.value("steps") == 4
    assert rest == ("more",)


def test_the_files_are_those_of_the_command_line(parse, classic):
    classic.write(
        "from forge import flags\nflags.DEFINE_integer('depth', 1)\n"
        "flags.DEFINE_string('encoder_config', 'configs/enc.py')",
        "configs/deep.py",
    )
    classic.write(
        "from forge import flags\nflags.DEFINE_float('noise', 0.5)", "configs/enc.py"
    )
    space, _ = parse("--depth=3", "--model_config", "configs/deep.py", "--noise=1")
    assert space.value("depth") == 3
    assert space.value("noise") == 1.0
    assert "n_hidden" not in space


def test_all_mistakes_are_reported_at_once(parse, message):
    with pytest.raises(ForgeError) as caught:
        parse("--n_hiden=3", "--steps=many", "--optimizer=sdg", "resume", "--n")
    assert {e.code for e in caught.value.errors} == {
        "unknown-flag",
        "bad-flag",
        "stray-word",
    }
    message("classic-many", str(caught.value))


def test_nothing_is_set_when_anything_is_wrong(classic):
    space = FlagSpace()
    with pytest.raises(ForgeError):
        Parsing(space, classic.folder / "train.py").parse(["--steps=8", "--x"])
    assert space.given == {}


def test_flags_that_two_files_define_differently(parse, classic, message):
    classic.write(
        "from forge import flags\nflags.DEFINE_integer('n_hidden', 9)",
        "configs/data.py",
    )
    with pytest.raises(ForgeError) as caught:
        parse()
    message("flag-conflict-files", str(caught.value))


def test_an_unknown_flag_of_a_file_that_is_missing(parse, message):
    with pytest.raises(ForgeError) as caught:
        parse("--model_config=configs/mdoel.py", "--n_hidden=3")
    text = str(caught.value).partition(" (looked")[0]
    message("classic-missing-file", text)


def test_a_file_that_defines_flags_by_computed_names_has_to_run_first(parse, classic):
    text = (
        "from forge import flags\nfor n in ['a', 'b']:\n    flags.DEFINE_integer(n, 1)"
    )
    classic.write(text, "configs/model.py")
    space, _ = parse("--a=3")
    assert "a" not in space


def test_a_notebook_has_no_script(parse):
    space, _ = parse(script=None)
    assert len(space) == 0
