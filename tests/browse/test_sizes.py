"""The room that folders take."""

import os
from pathlib import Path

from forge.browse.sizes import size_of


def test_sizes_do_not_follow_links(tmp_path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "a").write_bytes(b"x" * 1_000)
    (folder / "link").symlink_to(Path(os.devnull))
    assert 1_000 <= size_of(folder) < 1_100


def test_what_lies_deeper_counts_and_what_is_gone_does_not(tmp_path) -> None:
    deep = tmp_path / "checkpoints" / "1"
    deep.mkdir(parents=True)
    (deep / "model.npz").write_bytes(b"x" * 2_000)
    (tmp_path / "run.json").write_bytes(b"x" * 10)
    assert size_of(tmp_path) == 2_010
    assert size_of(tmp_path / "gone") == 0
