"""What every run has."""

from forge.browse.attributes import ALIASES, ATTRIBUTES, attribute


def test_names_and_their_other_spellings() -> None:
    assert attribute("notes") == "note"
    assert attribute("status") == "status"
    assert attribute("lr") is None
    assert set(ALIASES.values()) <= set(ATTRIBUTES)
    assert not set(ALIASES) & set(ATTRIBUTES)
