"""The words of a command line that sets flags."""

from absl import flags as absl
from hypothesis import given
from hypothesis import strategies as st

from forge.classic.definitions import Definition
from forge.classic.space import FlagSpace
from forge.classic.words import stray, take_apart, unknown_flag


KNOWN = {
    name: Definition(name=name, kind=kind, default=None, file="a.py")
    for name, kind in [
        ("lr", "float"),
        ("n", "integer"),
        ("name", "string"),
        ("resume", "boolean"),
        ("noise", "boolean"),
        ("layers", "list"),
    ]
}
TEXTS = st.text(max_size=12)
LETTERS = st.text("abc=-, '\"", max_size=8)


def pairs(*argv):
    return [(one.name, one.text) for one in take_apart(argv, KNOWN).given]


def test_every_spelling():
    assert pairs("--lr=1", "--lr", "-2", "-n", "3", "--name=", "--name=a=b") == [
        ("lr", "1"),
        ("lr", "-2"),
        ("n", "3"),
        ("name", ""),
        ("name", "a=b"),
    ]
    assert pairs(
        "--resume", "--noresume", "--resume=false", "--noise", "--nonoise"
    ) == [
        ("resume", "true"),
        ("resume", "false"),
        ("resume", "false"),
        ("noise", "true"),
        ("noise", "false"),
    ]


def test_a_value_that_is_missing_is_noted():
    (given,) = take_apart(["--lr"], KNOWN).given
    assert given.missing


def test_the_word_behind_an_unknown_flag_is_its_value():
    words = take_apart(["--rl", "3", "--xs", "--lr=1"], KNOWN)
    assert [one.name for one in words.given] == ["rl", "xs", "lr"]
    assert words.strays == ()


def test_words_without_dashes_are_strays_and_what_follows_two_dashes_is_left():
    words = take_apart(["resume", "--lr=1", "--", "--x", "y"], KNOWN)
    assert words.strays == ("resume",)
    assert words.rest == ("--x", "y")


@given(st.lists(TEXTS | st.sampled_from(["--lr", "--n=3", "--resume", "--", "-"])))
def test_no_command_line_is_too_odd(argv):
    words = take_apart(argv, KNOWN)
    assert all(one.name is not None for one in words.given)


def ours_and_theirs():
    ours, theirs = FlagSpace(), absl.FlagValues()
    for name, kind in [
        ("n", "integer"),
        ("lr", "float"),
        ("s", "string"),
        ("b", "boolean"),
        ("l", "list"),
    ]:
        ours.define(Definition(name=name, kind=kind, default=None, file="a.py"))
        getattr(absl, f"DEFINE_{kind}")(name, None, "", flag_values=theirs)
    return ours, theirs


SETTINGS = st.one_of(
    st.integers().flatmap(
        lambda n: st.sampled_from([[f"--n={n}"], ["--n", str(n)], ["-n", str(n)]])
    ),
    st.floats(allow_nan=False).map(lambda x: [f"--lr={x!r}"]),
    LETTERS.map(lambda s: [f"--s={s}"]),
    st.sampled_from([["--b"], ["--nob"], ["--b=true"], ["--b=0"]]),
    st.lists(st.text("ab", max_size=3), max_size=3).map(
        lambda items: ["--l=" + ",".join(items)]
    ),
)


@given(st.lists(SETTINGS, max_size=6))
def test_a_command_line_means_what_it_means_to_absl(groups):
    """Ours reports all mistakes at once; what it accepts, it reads as absl does."""
    argv = [word for group in groups for word in group]
    ours, theirs = ours_and_theirs()
    theirs(["script", *argv])
    for one in take_apart(argv, ours.definitions).given:
        ours.give(one.name, ours.parse(one))
    assert {name: ours.value(name) for name in ours} == {
        name: theirs[name].value for name in ours
    }


def test_an_unknown_flag_says_what_was_meant(message):
    message("unknown-flag", str(unknown_flag("nosie", KNOWN)))
    message("unknown-flag-none", str(unknown_flag("lr", {})))


def test_a_stray_word_says_what_was_meant(message):
    message("stray-word", str(stray("lr=3", KNOWN)))
