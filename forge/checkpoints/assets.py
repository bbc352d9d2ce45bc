"""Files in which layers of Keras keep what no variable holds, such as vocabularies."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def save_assets(layer: Any) -> dict[str, Any]:
    """Read the files in which a layer keeps state.

    Args:
        layer: A layer that has `save_assets`.

    Returns:
        The content of each by its name.
    """
    with tempfile.TemporaryDirectory() as folder:
        layer.save_assets(folder)
        return {p.name: p.read_bytes() for p in sorted(Path(folder).iterdir())}


def load_assets(layer: Any, files: Mapping[str, bytes]) -> None:
    """Give a layer back the files in which it keeps state.

    Args:
        layer: A layer that has `load_assets`.
        files: What `save_assets` returned.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            # Only the last part: a name never leads out of the folder.
            (Path(folder) / Path(name).name).write_bytes(data)
        layer.load_assets(folder)
