"""`forge export`."""

import zipfile

import pytest
from runfolders import make_run


@pytest.fixture(name="results")
def _results(tmp_path):
    for number in (1, 2):
        make_run(tmp_path / "results", number=number, config={"lr": 0.1 * number})
    return tmp_path / "results"


def test_runs_become_a_page(forge, results, tmp_path, message):
    page = tmp_path / "page.html"
    answer = forge("export", "-R", results, "-q", "lr < 1", "--html", page)
    assert answer.status == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "train/1" in text
    assert "train/2" in text
    size = answer.out.rpartition("(")[2]
    said = answer.out.replace(str(tmp_path), "/x").replace(size, "N kB)\n")
    message("export-html", said.rstrip())


def test_runs_become_an_archive(forge, results, tmp_path):
    pack = tmp_path / "runs.zip"
    assert forge("export", "-R", results, "train/2", "--zip", pack).status == 0
    with zipfile.ZipFile(pack) as found:
        assert {name.split("/")[1] for name in found.namelist()} == {"2"}


def test_a_file_that_cannot_be_written_is_said(forge, results, tmp_path, message):
    answer = forge("export", "-R", results, "1", "--html", tmp_path / "no/page.html")
    assert answer.status == 2
    message("file-unwritable-export", answer.err.replace(str(tmp_path), "/x").rstrip())


def test_it_has_to_be_said_what_to_make(forge, results):
    answer = forge("export", "-R", results, "1")
    assert answer.status == 2
    assert "--html" in answer.err
