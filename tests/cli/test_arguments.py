"""The arguments that verbs share."""

from runfolders import make_run


def test_several_results_folders(forge, tmp_path) -> None:
    for root in ("a", "b"):
        make_run(tmp_path / root, f"train_{root}", 1)
    answer = forge(
        "path", "train_a", "train_b", "-R", tmp_path / "a", "-R", tmp_path / "b"
    )
    assert answer.out.split() == [
        str(tmp_path / "a/train_a/1"),
        str(tmp_path / "b/train_b/1"),
    ]


def test_the_environment_names_the_results_folder(forge, tmp_path, monkeypatch) -> None:
    make_run(tmp_path / "elsewhere", "train", 1)
    monkeypatch.setenv("FORGE_RESULTS_DIR", str(tmp_path / "elsewhere"))
    assert forge("path", "train").out.strip() == str(tmp_path / "elsewhere/train/1")


def test_a_results_folder_that_is_not_there(forge, tmp_path, message) -> None:
    answer = forge("path", "1", "-R", tmp_path / "resluts")
    assert answer.status == 2
    message("no-results", answer.err.replace(str(tmp_path), "/home/me").rstrip())


def test_options_are_not_abbreviated(forge) -> None:
    assert forge("path", "1", "--results", "x").status == 2
