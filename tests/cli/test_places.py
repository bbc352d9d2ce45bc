"""`forge path`: where runs lie."""

from runfolders import make_run


def test_a_run_by_each_of_its_names(forge, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, number in (("train", 1), ("train", 2), ("train", 10), ("other", 3)):
        make_run(tmp_path / "results", name, number)
    expected = {
        ("train/2",): ["results/train/2"],
        ("3",): ["results/other/3"],
        ("train",): ["results/train/10"],
        ("results/train/1",): ["results/train/1"],
        ("train/2:",): ["results/train/2", "results/train/10"],
        ("train/:2", "train/2", "other"): [
            "results/train/1",
            "results/train/2",
            "results/other/3",
        ],
    }
    for words, folders in expected.items():
        answer = forge("path", *words)
        assert (answer.status, answer.out.split()) == (0, folders), words


def test_what_is_not_there_is_said_for_every_word(forge, tmp_path, message) -> None:
    make_run(tmp_path, "train", 1)
    answer = forge("path", "train/9", "tran", "-R", tmp_path)
    assert (answer.status, answer.out) == (1, "")
    message("no-run-verb", answer.err.replace(str(tmp_path), "results").rstrip())
