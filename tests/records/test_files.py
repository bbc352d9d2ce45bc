"""The files in folders."""

from forge.records.files import files_of


def test_in_order_and_without_following_links(tmp_path) -> None:
    for name in ("b/2", "b/1", "a", "c/d/e"):
        (tmp_path / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "run" / name).touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/secret").touch()
    (tmp_path / "run/link").symlink_to(tmp_path / "other")
    assert files_of(tmp_path / "run") == ["a", "b/1", "b/2", "c/d/e"]
    assert files_of(tmp_path / "gone") == []
