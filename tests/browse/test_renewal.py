"""What changed since the last time is found by looking at the folders alone."""

from runfolders import make_run

from forge.browse.index import Index


def test_progress_is_told_while_runs_are_read(tmp_path) -> None:
    for number in range(1, 5):
        make_run(tmp_path, "train", number)
    told = []
    Index([tmp_path]).refresh(lambda done, total: told.append((done, total)))
    assert told == [(0, 4)]
