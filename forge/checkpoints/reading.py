"""One checkpoint read into objects, and hashed meanwhile."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from forge.checkpoints.inventory import Inventory
from forge.checkpoints.randomness import set_random_states
from forge.checkpoints.restoring import How, Restored, put_back
from forge.checkpoints.tree import read_tree
from forge.checkpoints.writing import STATE
from forge.errors import ForgeError
from forge.records.errand import Errand


def restore_newest(
    inventory: Inventory, objects: Mapping[str, Any], how: How
) -> Restored:
    """Restore the newest checkpoint whose files are what was written.

    Args:
        inventory: The checkpoints.
        objects: The objects to restore, by name.
        how: What is asked for.

    Returns:
        What was done; nothing, at step 0, where nothing was saved.

    Raises:
        ForgeError: What does not fit, or `checkpoint-damaged` where none is intact.
    """
    steps = inventory.folders.steps()
    if not steps:
        return Restored(0, dict(objects), {})
    try:
        return restore_step(inventory, steps[-1], objects, how)
    except ForgeError as e:
        if e.code != "checkpoint-damaged":
            raise
        intact = inventory.latest()
        if intact == steps[-1]:
            raise
    return restore_step(inventory, intact, objects, how)


def restore_step(
    inventory: Inventory, step: int, objects: Mapping[str, Any], how: How
) -> Restored:
    """Restore one checkpoint; another thread hashes its files while they are read.

    Args:
        inventory: The checkpoints.
        step: Which one.
        objects: The objects to restore, by name.
        how: What is asked for.

    Returns:
        What was done.

    Raises:
        ForgeError: `no-checkpoint`, `checkpoint-damaged` or what does not fit; no value
            was changed.
    """
    inventory.existing(step)
    folders = inventory.folders
    check = Errand(partial(inventory.intact, step))
    try:
        # Before anything changes: what cannot be read must not be half applied.
        state = read_tree(folders.of(step) / STATE) if how.random_states else {}
        found = put_back(folders, step, objects, how, sound=check.result)
    except Exception:
        # What is damaged explains everything else.
        check.result()
        raise
    if not how.random_states:
        return found
    set_random_states(state["random"])
    return replace(found, state=state)
