"""The test class that every adapter of checkpoints passes."""

import hashlib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, ClassVar

import pytest

from forge.checkpoints.adapters import adapter_for
from forge.checkpoints.folder import StepFolders
from forge.checkpoints.manager import Checkpoints
from forge.checkpoints.restoring import How, put_back
from forge.checkpoints.tree import flatten
from forge.checkpoints.writing import commit, take
from forge.errors import ForgeError


#: Seconds that the other process has, the import of a framework included.
_PATIENCE = 300

#: What no framework made, so that only the adapter of plain values may take it.
_PLAIN = (1, "text", None, [1], {"a": 1}, object(), int)

#: From the second protocol on, every pickle begins so.
_PICKLED = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))

#: Restores every case in a process that has seen none of the objects.
_CHILD = """
import json, sys
from pathlib import Path
path, name, folder = sys.argv[1:]
from forge.testing.checkpointing import imported, restored_elsewhere
print(json.dumps(restored_elsewhere(imported(path, name), Path(folder))))
"""


class CheckpointerContract:
    """What every adapter between a kind of object and checkpoint files must pass.

    Subclass it, and say by `make` and `advance` what kinds of objects there are:

        from forge.testing import CheckpointerContract

        class TestCounter(CheckpointerContract):
            adapter = "plain"
            cases = ("small", "large")

            @staticmethod
            def make(case, seed):
                return {"counter": Counter(10 if case == "small" else 10**6, seed)}

            @staticmethod
            def advance(case, objects):
                return objects["counter"].count()

    Each case is saved in one process and restored strictly in another, made with
    another seed there; the step that comes next must return the same, bit for bit. So
    what `advance` returns tells of all there is: values, momenta, random states.
    """

    #: The adapter's word in manifests.
    adapter: ClassVar[str]

    #: The names of the cases.
    cases: ClassVar[tuple[str, ...]]

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        """Make objects as a program does that begins; subclasses override this.

        Args:
            case: One of `cases`.
            seed: Different values for different seeds, of the same structure.

        Returns:
            Objects that are saved together, by name.
        """
        raise NotImplementedError("make returns the objects of a case, by name.")

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        """Train for a step; subclasses override this.

        Args:
            case: One of `cases`.
            objects: What `make` returned, or what a restore made of it.

        Returns:
            Numbers, text, arrays and containers of them that depend on all the state.
        """
        raise NotImplementedError("advance trains the objects of a case for a step.")

    @staticmethod
    def misfit(case: str) -> dict[str, Any] | None:
        """Make objects under the same names that the saved ones do not fit.

        Args:
            case: One of `cases`.

        Returns:
            The objects; None where everything fits.
        """
        return None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run the tests that ask for a case with each of them.

        Args:
            metafunc: What pytest collects.
        """
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", self.cases)

    @pytest.fixture(scope="class")
    @classmethod
    def elsewhere(
        cls, tmp_path_factory: pytest.TempPathFactory
    ) -> dict[str, tuple[Any, Any]]:
        """What the next step returns here, and after a restore in another process."""
        folder = tmp_path_factory.mktemp("elsewhere")
        here = {case: saved(cls, case, folder / case) for case in cls.cases}
        path, name = inspect.getfile(cls), cls.__qualname__
        done = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", _CHILD, path, name, str(folder)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            check=False,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
        if done.returncode:
            pytest.fail(f"the other process failed.\n{done.stderr}")
        there = json.loads(done.stdout.splitlines()[-1])
        return {case: (here[case], there[case]) for case in cls.cases}

    def test_goes_on_in_another_process(
        self, elsewhere: dict[str, tuple[Any, Any]], case: str
    ) -> None:
        """After a strict restore the next step is the one that would have come."""
        here, there = elsewhere[case]
        if here != there:
            pytest.fail(f"{case}: it returned {here} here, and {there} elsewhere.")

    def test_takes_its_own_and_nothing_else(self, case: str) -> None:
        """The adapter is asked by `matches`, and finds state in what it takes."""
        for name, obj in self.make(case, 1).items():
            found = adapter_for(obj)
            if found.name != self.adapter:
                pytest.fail(f"{name} is taken by {found.name}, not {self.adapter}.")
            if not found.version():
                pytest.fail("it names no version.")
        if self.adapter != "plain":
            taken = [x for x in _PLAIN if adapter_for(x).name == self.adapter]
            if taken:
                pytest.fail(f"it takes {taken[0]!r} as well.")

    def test_a_copied_snapshot_does_not_follow(self, case: str, tmp_path: Path) -> None:
        """What is written in the background is what there was when it was asked for."""
        objects = self.make(case, 1)
        self.advance(case, objects)
        checkpoints = Checkpoints(tmp_path / "checkpoints")
        kept = take(2, objects, metrics={}, slots={}, state={}, copy=True)
        checkpoints.save(1, objects)
        expected = fingerprint(self.advance(case, objects))
        self.advance(case, objects)
        commit(kept, StepFolders(checkpoints.folder))
        for step in (1, 2):
            found = checkpoints.restored(self.make(case, 2), step=step).objects
            if fingerprint(self.advance(case, found)) != expected:
                pytest.fail(f"{case}: the snapshot has changed with its object.")

    def test_a_refused_restore_changes_nothing(self, case: str, tmp_path: Path) -> None:
        """What does not fit is listed, and every object is as it was."""
        misfit = self.misfit(case)
        if misfit is None:
            pytest.skip("everything fits")
        checkpoints = Checkpoints(tmp_path / "checkpoints")
        objects = self.make(case, 1)
        self.advance(case, objects)
        checkpoints.save(1, objects)
        before = state_of(misfit)
        with pytest.raises(ForgeError, match="does not fit") as refused:
            checkpoints.restored(misfit)
        if state_of(misfit) != before:
            pytest.fail(f"{case}: a refused restore has changed something.")
        found = refused.value
        if found.errors:
            found = found.errors[0]
        if not (found.missing or found.unexpected or found.different):
            pytest.fail(f"{case}: the error does not say what differs.")

    def test_writes_what_can_be_read_without_running_it(
        self, case: str, tmp_path: Path
    ) -> None:
        """Nothing is pickled, and the manifest is JSON with the hash of every file."""
        checkpoints = Checkpoints(tmp_path / "checkpoints")
        objects = self.make(case, 1)
        self.advance(case, objects)
        folder = checkpoints.save(1, objects)
        manifest = checkpoints.manifest(1)
        for path in folder.rglob("*"):
            if path.is_file() and path.read_bytes()[:2] in _PICKLED:
                pytest.fail(f"{path.name} is pickled.")
        if set(manifest.objects) != set(objects):
            pytest.fail("the manifest does not list what was saved.")

    def test_a_file_that_is_cut_short_is_an_error(
        self, case: str, tmp_path: Path
    ) -> None:
        """Also where nobody has compared its hash before."""
        checkpoints = Checkpoints(tmp_path / "checkpoints")
        objects = self.make(case, 1)
        self.advance(case, objects)
        folder = checkpoints.save(1, objects)
        for name in objects:
            for path in [p for p in (folder / name).rglob("*") if p.is_file()]:
                whole = path.read_bytes()
                path.write_bytes(whole[: len(whole) // 2])
                try:
                    read(checkpoints, self.make(case, 2))
                except Exception:  # noqa: BLE001 - whatever the framework raises
                    path.write_bytes(whole)
                else:
                    pytest.fail(f"{case}: half of {path.name} was taken for all of it.")


def read(checkpoints: Checkpoints, objects: Mapping[str, Any]) -> None:
    """Restore objects without comparing hashes.

    Args:
        checkpoints: Where step 1 is.
        objects: The objects by name.
    """
    folders = StepFolders(checkpoints.folder)
    put_back(folders, 1, objects, How(), sound=lambda: None)


def saved(contract: type[CheckpointerContract], case: str, folder: Path) -> Any:
    """Save a case after a step.

    Args:
        contract: The class under test.
        case: The case.
        folder: Where to.

    Returns:
        The fingerprint of the next step.
    """
    objects = contract.make(case, 1)
    contract.advance(case, objects)
    Checkpoints(folder).save(1, objects)
    return fingerprint(contract.advance(case, objects))


def restored_elsewhere(
    contract: type[CheckpointerContract], folder: Path
) -> dict[str, Any]:
    """Restore every case.

    Args:
        contract: The class under test.
        folder: Where they were saved.

    Returns:
        By case, the fingerprint of the next step, or what went wrong.
    """
    found: dict[str, Any] = {}
    for case in contract.cases:
        objects = contract.make(case, 2)
        try:
            restored = Checkpoints(folder / case).restored(objects)
            found[case] = fingerprint(contract.advance(case, restored.objects))
        except Exception as e:  # noqa: BLE001 - told to the test
            found[case] = f"{type(e).__name__}: {e}"
    return found


def imported(path: str, name: str) -> type[CheckpointerContract]:
    """Import a test class from its file.

    Args:
        path: The file.
        name: The class.

    Returns:
        The class.
    """
    spec = spec_from_file_location("contract_cases", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = module_from_spec(spec)
    sys.modules["contract_cases"] = module
    spec.loader.exec_module(module)
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part)
    contract: type[CheckpointerContract] = found
    return contract


def state_of(objects: Mapping[str, Any]) -> dict[str, str]:
    """Summarise the state of objects, as their adapters see it.

    Args:
        objects: The objects by name.

    Returns:
        A fingerprint of each that has state to save.
    """
    found = {}
    for name, obj in objects.items():
        adapter = adapter_for(obj)
        if adapter.built(obj):
            snapshot = adapter.snapshot(obj, copy=False)
            tree = isinstance(snapshot, tuple)
            found[name] = _flat(snapshot) if tree else str(adapter.has_state(obj))
    return found


def fingerprint(value: Any) -> str:
    """Summarise numbers, text, arrays and containers of them, bit for bit.

    Args:
        value: The value.

    Returns:
        A hash.
    """
    return _flat(flatten(value))


def _flat(flat: tuple[Any, Mapping[str, Any]]) -> str:
    """Hash a tree that was taken apart."""
    structure, arrays = flat
    found = hashlib.sha256(json.dumps(structure).encode())
    for key in sorted(arrays):
        a = arrays[key]
        found.update(f"{key} {a.dtype} {a.shape}".encode())
        found.update(a.fetch().tobytes())
    return found.hexdigest()
