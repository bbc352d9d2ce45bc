"""Files in which layers keep state."""

from pathlib import Path

from forge.checkpoints.assets import load_assets, save_assets


class Vocabulary:
    """Keeps its words in a file, as layers of Keras do."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)

    def save_assets(self, folder: str) -> None:
        (Path(folder) / "words.txt").write_text("\n".join(self.words))

    def load_assets(self, folder: str) -> None:
        self.words = (Path(folder) / "words.txt").read_text().split()


def test_what_a_layer_wrote_comes_back() -> None:
    files = save_assets(Vocabulary("one", "two"))
    assert files == {"words.txt": b"one\ntwo"}
    other = Vocabulary()
    load_assets(other, files)
    assert other.words == ["one", "two"]


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    other = Vocabulary()
    outside = tmp_path / "words.txt"
    load_assets(other, {str(outside): b"three"})
    assert not outside.exists()
    assert other.words == ["three"]
