"""Requests to run the code of a loaded run again."""

from collections.abc import Mapping
from typing import Any

from forge.experiments.running import Request
from forge.records.runfile import Parent


def to_call(exp: Any, command: str, overrides: Mapping[str, Any]) -> Request:
    """Ask for a command on the rebuilt components; nothing is recorded.

    Args:
        exp: The loaded experiment.
        command: Its name.
        overrides: Values to change, by short name.

    Returns:
        The request.
    """
    return Request(
        config=overrides,
        command=command,
        record=False,
        capture="no",
        quiet=True,
        under=exp.layers(),
        objects=exp.objects,
    )


def to_run(exp: Any, fields: Mapping[str, Any]) -> Request:
    """Ask for a new run of the same code.

    Args:
        exp: The loaded experiment, which becomes the parent.
        fields: The fields of the request that are given.

    Returns:
        The request.
    """
    folder = exp.record.layout.folder
    own = {
        "results_dir": folder.parent.parent,
        "parent": Parent(kind="loaded", run=str(folder), step=exp.step),
    }
    return Request(under=exp.layers(), stored=exp.stored, **{**own, **fields})


def to_resume(exp: Any, fields: Mapping[str, Any]) -> Request:
    """Ask for the run to go on in its own folder.

    Args:
        exp: The loaded experiment.
        fields: The fields of the request that are given.

    Returns:
        The request.
    """
    folder = exp.record.layout.folder
    own = {"results_dir": folder.parent.parent}
    # One that was asked for by its step must be where the run goes on.
    at_a_step = exp.loading.step not in ("latest", None)
    resume = f"{folder}@{exp.step}" if at_a_step else folder
    fields = {**own, **fields, "resume": resume}
    return Request(under=exp.layers(), stored=exp.stored, **fields)
