"""What conditions of SQLite ask Python for."""

import sqlite3
from pathlib import Path

from forge.browse.functions import lend


def test_texts_lists_paths_and_sizes(tmp_path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train/file").write_bytes(b"12345")
    connection = sqlite3.connect(":memory:")
    lend(connection, (Path("elsewhere"), tmp_path))

    def ask(expression: str, *words: object) -> object:
        return connection.execute(f"SELECT {expression}", words).fetchone()[0]

    assert ask("forge_contains('text', 'Some ONE', 'one')") == 1
    assert ask("forge_contains('array', ?, 'best')", '["Best", 1]') == 1
    assert ask("forge_contains('array', ?, 'bes')", '["Best", 1]') == 0
    assert ask("forge_contains(NULL, NULL, 'x')") == 0
    assert ask("forge_contains('array', ?, '1', 1)", "[0.9,1.0]") == 1
    assert ask("forge_contains('array', ?, '1', 1)", "[true,2]") == 0
    assert ask("forge_equal('array', ?, ?)", "[0.9,1.0]", "[0.9,1]") == 1
    assert ask("forge_equal('array', ?, ?)", "[true]", "[1]") == 0
    assert ask("forge_equal('array', ?, ?)", "[1,2]", "[1]") == 0
    assert ask("forge_equal('text', ?, ?)", "[1]", "[1]") == 0
    assert ask("forge_path(1, 'train')") == str(tmp_path / "train")
    assert ask("forge_size(1, 'train')") == 5
    assert ask("forge_size(0, 'train')") == 0
    connection.close()
