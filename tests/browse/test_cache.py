"""The file of the index."""

import os
import time
from pathlib import Path

from forge.browse.cache import cache_file, cache_folder, connect, delete


def test_each_set_of_folders_has_its_file(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = cache_file([Path("results")])
    assert here == cache_file([tmp_path / "results"])
    assert here != cache_file([tmp_path / "other"])
    assert here.parent == cache_folder() == tmp_path / ".cache" / "forge"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/not/allowed")
    assert cache_folder().is_absolute()


def test_nobody_else_can_read_it(tmp_path) -> None:
    connect(cache_file([tmp_path])).close()
    assert cache_folder().stat().st_mode & 0o077 == 0


def test_a_file_that_nobody_asked_for_is_deleted(tmp_path) -> None:
    old, young = cache_file([tmp_path / "old"]), cache_file([tmp_path / "young"])
    connect(old).close()
    long_ago = time.time() - 40 * 86_400
    os.utime(old, (long_ago, long_ago))
    connect(young).close()
    assert [path.exists() for path in (old, young)] == [False, True]
    delete(young)
    assert not any(cache_folder().iterdir())
