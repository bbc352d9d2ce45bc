"""Run folders made in no time: as a run leaves them, without running anything."""

import json
from pathlib import Path
from typing import Any

from forge.records.layout import RunLayout


def make_run(root: Path, name: str = "train", number: int = 1, **facts: Any) -> Path:
    """Write a run folder.

    Args:
        root: The results folder.
        name: The experiment.
        number: The number of the run.
        facts: `config`, `summary`, `annotations`, `metrics` (lines), `output`,
            `sources` (text by name); anything else goes into run.json.

    Returns:
        The folder.
    """
    layout = RunLayout(root / name / str(number))
    layout.folder.mkdir(parents=True)
    files = {
        layout.flags: facts.pop("config", {}),
        layout.summary: facts.pop("summary", None),
        layout.annotations: facts.pop("annotations", None),
    }
    for path, content in files.items():
        if content is not None:
            path.write_text(json.dumps(content), encoding="utf-8")
    lines = facts.pop("metrics", None)
    if lines is not None:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        layout.metrics.write_text(text, encoding="utf-8")
    if "output" in facts:
        layout.output.write_text(facts.pop("output"), encoding="utf-8")
    for source, text in facts.pop("sources", {}).items():
        place = layout.sources / source
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    run = {
        "uid": f"{name}-{number}",
        "name": name,
        "number": number,
        "status": "COMPLETED",
        "started": f"2026-11-{1 + number % 28:02d}T12:00:00+00:00",
        "duration": 60.0 * number,
        **facts,
    }
    layout.run.write_text(json.dumps(run), encoding="utf-8")
    return layout.folder
