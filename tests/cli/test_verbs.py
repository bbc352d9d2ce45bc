"""The table of verbs."""

from pathlib import Path

from forge.cli.verbs import GROUPS, VERBS


def test_no_word_stands_for_two_verbs() -> None:
    words = [w for vs in GROUPS.values() for v in vs for w in (v.name, *v.aliases)]
    assert len(words) == len(set(words)) == len(VERBS)


def test_every_verb_has_its_command() -> None:
    for verb in VERBS.values():
        assert callable(verb.command().run)


def test_every_verb_is_shown_in_the_documentation() -> None:
    pages = (Path(__file__).parents[2] / "docs").glob("*.md")
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    names = {verb.name for verb in VERBS.values()}
    assert {name for name in names if f"forge {name}" not in text} == set()
