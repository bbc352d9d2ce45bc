"""What an adapter between one kind of object and checkpoint files has to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from forge.checkpoints.arrays import FileFact
from forge.checkpoints.difference import Difference


class Refused(Exception):  # noqa: N818 - a verdict, turned into a ForgeError
    """An object cannot be saved or restored; the manager says which and where.

    Args:
        what: What is wrong with it, as the rest of a sentence.
        remedy: What would work, as a sentence.
        code: The code of the `ForgeError` to make of it.
    """

    def __init__(
        self, what: str, remedy: str = "", code: str = "checkpoint-type"
    ) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.code = code


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry of a checkpoint, and what is restored together with it."""

    #: The folder that the adapter wrote.
    folder: Path
    #: What the adapter's `facts` returned at saving.
    facts: Mapping[str, Any]
    #: By entry name, every object of this restore with the facts of its entry.
    together: Mapping[str, tuple[Any, Mapping[str, Any]]] = field(default_factory=dict)


def _nothing() -> None:
    """Stand for an act that an object does not need."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A restore that was checked and has not changed anything yet."""

    #: What fits and what does not.
    difference: Difference
    #: Puts the values in place and returns the object to use from now on.
    apply: Callable[[], Any]
    #: Puts the former values back; called when an `apply` has raised.
    undo: Callable[[], None] = _nothing
    #: Frees what `undo` would have needed; called once, whatever happened.
    release: Callable[[], None] = _nothing
    #: Whether `apply` runs code that can fail although everything fits; such
    #: objects are restored first, while the others are still untouched.
    fallible: bool = False
    #: Whether the object itself is changed; otherwise `apply` returns another.
    in_place: bool = True
    #: What the user should know of it, as the rest of a sentence about the object.
    note: str = ""


@runtime_checkable
class Checkpointer(Protocol):
    """Saves and restores one kind of object.

    *Frameworks.* No method imports a framework that the program has not imported:
    `matches` asks `sys.modules`, and an object of a framework that is not there
    cannot exist.

    *Threads.* `snapshot` runs in the caller's thread; with `copy` it returns what later
    training does not change, and `write` may then run in another thread. Without it
    the caller waits, and large arrays are better not copied. `write` works on the
    snapshot alone, and writes only inside the folder it is given.

    *Given.* An adapter may have a method `notice(obj)`. It is shown every object before
    anything is restored into it or saved of it, as the code that made it left it, and
    may record in its `facts` what was given there: where that differs at a restore,
    the user gave another value, which then wins over the one that was saved.

    *Refused.* An adapter may have a method `check(obj)`. It raises `Refused` for what
    it could never save, as far as that can be told without the values: when a run names
    its objects, not hours later.

    *Strictness.* `prepare` compares everything and changes no value; `apply` then
    puts every value back, or raises and is undone.
    """

    #: The word for this adapter in manifests; never changes.
    name: str

    def version(self) -> str:
        """Name the version of the library behind the objects.

        Returns:
            Such as `keras 3.9.0`.
        """
        ...

    def matches(self, obj: Any) -> bool:
        """Say whether objects like this are this adapter's.

        Args:
            obj: Any object.

        Returns:
            Whether this adapter saves it.
        """
        ...

    def has_state(self, obj: Any) -> bool:
        """Say whether there is anything to save now.

        Args:
            obj: An object that matches.

        Returns:
            False for a model that is not built or has no variables.
        """
        ...

    def built(self, obj: Any) -> bool:
        """Say whether the object's variables exist already.

        Args:
            obj: An object that matches.

        Returns:
            False when `prepare` would have to create them first.
        """
        ...

    def in_place(self, obj: Any) -> bool:
        """Say whether a restore changes the object itself, as training does.

        Args:
            obj: An object that matches.

        Returns:
            False where training makes a new object of each step; what was named once
            is then not what is to be saved later.
        """
        ...

    def facts(
        self, obj: Any, snapshot: Any, others: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Collect what a restore needs to know beside the values.

        Args:
            obj: The object that is saved.
            snapshot: What `snapshot` returned.
            others: Every object of the same checkpoint by name, this one included.

        Returns:
            Facts that JSON can say, for the manifest.
        """
        ...

    def snapshot(self, obj: Any, *, copy: bool) -> Any:
        """Take the object's state, refusing what has no stored form.

        Args:
            obj: An object that matches.
            copy: Whether to copy it to the host's memory, because the object may
                change before it is written.

        Returns:
            What `write` takes.

        Raises:
            Refused: When the object cannot be saved as it is.
        """
        ...

    def write(self, snapshot: Any, folder: Path) -> Mapping[str, FileFact]:
        """Write a snapshot.

        Args:
            snapshot: What `snapshot` returned.
            folder: An empty folder.

        Returns:
            Facts of files by name, as far as they are known from writing; the others
            are read once more to be hashed.

        Raises:
            Refused: When a part of it has no stored form.
        """
        ...

    def prepare(self, obj: Any, stored: Stored) -> Prepared:
        """Compare the object with an entry, without changing a value.

        Args:
            obj: An object that matches.
            stored: The entry.

        Returns:
            The difference, and how to put the values back.

        Raises:
            Refused: When the object cannot be restored at all.
        """
        ...
