"""What differs between two runs."""

import pytest
from runfolders import make_run

from forge.browse.difference import PARTS, difference, side_of, working_tree
from forge.errors import ForgeError
from forge.records.layout import RunLayout


@pytest.fixture
def sides(tmp_path):
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / "train.py").write_text("a\nB\n")
    facts = {"cwd": str(project / "sub"), "python": "3.11"}
    one = make_run(
        tmp_path / "results",
        number=1,
        config={"lr": 0.1, "same": 1, "gone": 1, "git_commit": "x"},
        sources={"train.py": "a\nb\n", "old.py": "x\n"},
        output="hello\n",
        **facts,
    )
    two = make_run(
        tmp_path / "results",
        number=2,
        config={"lr": 0.2, "same": 1, "git_commit": "y"},
        sources={"train.py": "a\nc\n"},
        output="bye\n",
        **facts | {"python": "3.12"},
    )
    RunLayout(one).requirements.write_text("numpy==1.0\nscipy==1.0\n")
    RunLayout(two).requirements.write_text("numpy==2.0\nscipy==1.0\n")
    return side_of(one), side_of(two)


def test_each_part(sides) -> None:
    one, two = sides
    assert list(difference("config", one, two)) == [
        "--- train/1 config",
        "+++ train/2 config",
        "-lr = 0.1",
        "+lr = 0.2",
        "-gone = 1",
    ]
    assert list(difference("env", one, two))[2:] == [
        "-python = '3.11'",
        "+python = '3.12'",
        "-numpy = '1.0'",
        "+numpy = '2.0'",
    ]
    code = list(difference("code", one, two))
    assert code[:5] == [
        "--- train/1/old.py",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-x",
        "--- train/1/train.py",
    ]
    assert code[-2:] == ["-b", "+c"]
    assert "+bye" in difference("output", one, two)
    assert any("output.txt" in line for line in difference("files", one, two))


def test_a_run_does_not_differ_from_itself(sides) -> None:
    for part in PARTS:
        assert list(difference(part, sides[0], sides[0])) == []


def test_the_working_tree(sides, tmp_path) -> None:
    tree = working_tree(sides[1].folder)
    assert list(difference("code", sides[1], tree))[-2:] == ["-c", "+B"]
    (tmp_path / "project" / "train.py").unlink()
    with pytest.raises(ForgeError, match="is not below"):
        working_tree(sides[1].folder)


def test_a_file_that_is_too_large(sides) -> None:
    for side in sides:
        RunLayout(side.folder).output.write_bytes(b"x" * (3 << 20))
    (line,) = difference("output", *sides)
    assert line == "output.txt: too large to compare, or unreadable"
