"""What adapters have in common."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forge.checkpoints.arrays import FileFact
from forge.checkpoints.tree import TREE, write_flat
from forge.errors import ForgeError


class Adapter:
    """The base of an adapter; objects are whole from the start and change in place.

    What is special about a kind of object, its adapter says instead.
    """

    def has_state(self, obj: Any) -> bool:
        """Say whether there is anything to save.

        Args:
            obj: An object of this adapter.

        Returns:
            Always true.
        """
        return True

    def built(self, obj: Any) -> bool:
        """Take the object as it is.

        Args:
            obj: An object of this adapter.

        Returns:
            Always true.
        """
        return True

    def in_place(self, obj: Any) -> bool:
        """Say that a restore changes the object itself.

        Args:
            obj: An object of this adapter.

        Returns:
            Always true.
        """
        return True

    def facts(
        self, obj: Any, snapshot: Any, others: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Collect nothing: the files say everything.

        Args:
            obj: The object that is saved.
            snapshot: What `snapshot` returned.
            others: Every object of the same checkpoint.

        Returns:
            An empty dict.
        """
        return {}


class TreeAdapter(Adapter):
    """The base of an adapter whose snapshots are trees, taken apart by `flatten`."""

    def write(self, snapshot: Any, folder: Path) -> dict[str, FileFact]:
        """Write the tree.

        Args:
            snapshot: What `flatten` gave.
            folder: An empty folder.

        Returns:
            The facts of its files.
        """
        return write_flat(snapshot, folder)


@contextmanager
def holding(what: str) -> Iterator[None]:
    """Say what a stored tree should have held, where it turns out to be another one.

    Args:
        what: What the adapter has written.

    Yields:
        While the tree is looked into.

    Raises:
        ForgeError: `checkpoint-damaged`, where that failed.
    """
    try:
        yield
    except (TypeError, KeyError, ValueError, AttributeError) as e:
        text = f"{TREE} does not hold {what}"
        raise ForgeError("checkpoint-damaged", text) from e
