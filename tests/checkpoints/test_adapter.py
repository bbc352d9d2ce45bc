"""What adapters have in common."""

from pathlib import Path
from typing import Any

import pytest

from forge.checkpoints.adapter import TreeAdapter, holding
from forge.checkpoints.base import Checkpointer, Prepared, Stored
from forge.checkpoints.difference import Difference
from forge.checkpoints.tree import flatten, read_tree
from forge.errors import ForgeError


class OfCounters(TreeAdapter):
    """An adapter that says no more than what is special about its objects."""

    name = "counter"

    def version(self) -> str:
        return "counter 1"

    def matches(self, obj: Any) -> bool:
        return isinstance(obj, list)

    def snapshot(self, obj: list[int], *, copy: bool) -> Any:
        return flatten({"count": obj[0]})

    def prepare(self, obj: list[int], stored: Stored) -> Prepared:
        with holding("a counter"):
            count = read_tree(stored.folder)["count"]
        return Prepared(
            Difference(fitting=("count",)), lambda: obj.__setitem__(0, count)
        )


def test_an_adapter_says_what_is_special_and_nothing_more(tmp_path: Path) -> None:
    adapter: Checkpointer = OfCounters()
    assert isinstance(adapter, Checkpointer)
    counter = [3]
    assert adapter.has_state(counter)
    assert adapter.built(counter)
    assert adapter.in_place(counter)
    snapshot = adapter.snapshot(counter, copy=True)
    assert adapter.facts(counter, snapshot, {}) == {}
    assert set(adapter.write(snapshot, tmp_path)) == {"tree.json"}
    counter[0] = 0
    adapter.prepare(counter, Stored(tmp_path, {})).apply()
    assert counter == [3]


@pytest.mark.parametrize("text", ["[]", "7", "{}", '"count"'])
def test_another_tree_is_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / "tree.json").write_text(text)
    with pytest.raises(ForgeError, match=r"tree\.json does not hold a counter") as e:
        OfCounters().prepare([0], Stored(tmp_path, {}))
    assert e.value.code == "checkpoint-damaged"
