"""An index that is brought up to date says what a new one says, whatever happened."""

import json
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from runfolders import make_run

from forge.browse.index import Index
from forge.records.layout import RunLayout


names = st.sampled_from(["train", "other", "a/b"])
numbers = st.integers(1, 4)
contents = st.sampled_from([{"lr": 1}, {"lr": 2}, {"lr": 1, "x": "y"}, {}])


class Changes(RuleBasedStateMachine):
    """Runs come, change and go between two looks."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="forge-index-"))
        self.root = self.folder / "results"
        self.root.mkdir()
        self.index = Index([self.root], self.folder / "index.sqlite")

    @rule(name=names, number=numbers, config=contents)
    def make(self, name: str, number: int, config: dict) -> None:
        if not (self.root / name / str(number)).exists():
            make_run(self.root, name, number, config=config)

    @rule(name=names, number=numbers, config=contents)
    def change(self, name: str, number: int, config: dict) -> None:
        layout = RunLayout(self.root / name / str(number))
        if layout.folder.exists():
            new = layout.folder / ".tmp-1"
            new.write_text(json.dumps(config))
            new.replace(layout.flags)

    @rule(name=names, number=numbers)
    def tear(self, name: str, number: int) -> None:
        layout = RunLayout(self.root / name / str(number))
        if layout.folder.exists():
            new = layout.folder / ".tmp-1"
            new.write_text("{")
            new.replace(layout.run)

    @rule(name=names, number=numbers)
    def delete(self, name: str, number: int) -> None:
        shutil.rmtree(self.root / name / str(number), ignore_errors=True)

    @rule(one=names, other=names, number=numbers)
    def move(self, one: str, other: str, number: int) -> None:
        source, target = (self.root / name / str(number) for name in (one, other))
        if source.exists() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

    @rule()
    def open_again(self) -> None:
        self.index.close()
        self.index = Index([self.root], self.folder / "index.sqlite")

    @invariant()
    def it_says_what_a_new_one_says(self) -> None:
        self.index.refresh()
        fresh = Index([self.root], self.folder / "fresh.sqlite")
        fresh.refresh()
        assert said(self.index) == said(fresh)
        assert set(self.index.known().config) == set(fresh.known().config)
        fresh.close()
        for file in self.folder.glob("fresh.sqlite*"):
            file.unlink()

    def teardown(self) -> None:
        self.index.close()
        shutil.rmtree(self.folder)


def said(index: Index) -> list:
    rows = index.find()
    return [
        (row.folder, row.attributes, found)
        for row, found in zip(rows, index.documents(rows), strict=True)
    ]


TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
