"""The page on the run folder says what `RunLayout` and a real run say."""

import re
import subprocess
import sys
from pathlib import Path

from forge.records.layout import RunLayout


ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "run-folder.md"
ROW = re.compile(r"^\| `([^`]+)` \|.*$", re.MULTILINE)
SCRIPT = re.compile(r"^```\{script\} leaves\.py\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def listed() -> dict[str, bool]:
    """Read the table: each file, and whether it is said to be written."""
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index("## The files") : text.index("## A run to look at")]
    return {row[1]: "*not yet written*" not in row[0] for row in ROW.finditer(table)}


def named() -> set[str]:
    """Read the properties of the layout."""
    layout = RunLayout(Path("run"))
    properties = [k for k, v in vars(RunLayout).items() if isinstance(v, property)]
    paths = (getattr(layout, name) for name in properties)
    return {path.relative_to(layout.folder).as_posix() for path in paths}


def test_the_page_lists_every_path_of_the_layout_and_no_other() -> None:
    assert set(listed()) == named()


def test_the_page_marks_what_is_not_yet_written(tmp_path: Path) -> None:
    """The run on the page leaves one file of nearly each kind."""
    found = SCRIPT.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    (tmp_path / "leaves.py").write_text(found[1], encoding="utf-8")
    for words in (["--note", "a remark"], ["-q", "with", "steps=0"]):
        subprocess.run([sys.executable, "leaves.py", *words], cwd=tmp_path, check=False)
    folders = [tmp_path / "results" / "leave" / number for number in "12"]
    left = {path.name for folder in folders for path in folder.iterdir()}
    written = {name for name, is_written in listed().items() if is_written}
    # A run outside of a repository has no differences to a commit.
    assert left == {name for name in written if "/" not in name} - {"git.diff"}


def test_the_readme_shows_what_the_example_shows() -> None:
    """The sessions in the first lines of the example are compared with real ones."""
    example = (ROOT / "examples" / "01_digits.py").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(
        r"^```(?:console|pycon)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL
    )
    sessions = [block for block in blocks if block.startswith(("$", ">>>"))]
    shown = [
        part
        for block in sessions
        for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE)
    ]
    assert len(sessions) > 1
    assert [part for part in shown if part and not any_of(part, example)] == []


def any_of(part: str, example: str) -> bool:
    """A session in Python may leave lines out; one of a shell may not."""
    if part.startswith("$"):
        return part in example
    return all(line in example for line in part.splitlines())
