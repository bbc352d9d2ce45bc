"""Where runs lie."""

from pathlib import Path

from forge.browse.roots import roots_of


def test_what_is_named_wins_over_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("FORGE_RESULTS_DIR", raising=False)
    assert roots_of() == (Path("results"),)
    monkeypatch.setenv("FORGE_RESULTS_DIR", "elsewhere")
    assert roots_of() == (Path("elsewhere"),)
    assert roots_of([str(tmp_path), tmp_path]) == (tmp_path,)
