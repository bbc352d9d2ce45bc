"""The table of verbs."""

from forge.cli.verbs import GROUPS, VERBS


def test_no_word_stands_for_two_verbs() -> None:
    words = [w for vs in GROUPS.values() for v in vs for w in (v.name, *v.aliases)]
    assert len(words) == len(set(words)) == len(VERBS)


def test_every_verb_has_its_command() -> None:
    for verb in VERBS.values():
        assert callable(verb.command().run)
