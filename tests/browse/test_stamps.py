"""When run folders changed."""

import os

from forge.browse.stamps import stamps_of


def test_what_has_gone_meanwhile_is_left_out(tmp_path) -> None:
    for number in (7, 8, 9):
        (tmp_path / str(number)).mkdir()
    os.utime(tmp_path / "7", ns=(5, 5))
    with os.scandir(tmp_path) as entries:
        folders = list(entries)
    (tmp_path / "9").rmdir()
    stamps = stamps_of(folders)
    assert {number for number, _, _ in stamps} == {7, 8}
    assert (7, (tmp_path / "7").stat().st_ino, 5) in stamps
