"""One table, printed in the form that was asked for."""

from runfolders import make_run


def test_a_form_is_the_same_whether_one_looks_or_not(forge, tmp_path) -> None:
    make_run(tmp_path)
    assert forge("ls", "--tsv", "-R", tmp_path).out == forge("ls", "-R", tmp_path).out
