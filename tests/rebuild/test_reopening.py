"""Runs opened a second time, in processes that this one starts."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path


FILES = {
    "model.py": "import dataclasses\n@dataclasses.dataclass\nclass Point:\n    x: int\n"
}


def unpickle(value, **environment):
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer))"
    return subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(value),
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_a_manifest_that_was_exchanged_is_refused(runs, tmp_path):
    sources = runs(FILES)
    point = sources.import_module("model").Point(1)
    manifest = Path(sources.manifest.folder, "MANIFEST.json")
    data = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**data, "externals": {"evil": ""}}))
    done = unpickle(point)
    assert (
        b"MANIFEST.json was changed after the process that started this" in done.stderr
    )
    assert done.stdout == b""


def test_a_child_can_open_the_run_itself_as_well(runs):
    sources = runs(FILES)
    point = sources.import_module("model").Point(1)
    code = f"""
import pickle, sys
from pathlib import Path
from forge.rebuild.isolated import StoredSources
from forge.rebuild.form import read_manifest
folder = Path({sources.manifest.folder!r})
mine = StoredSources(folder, read_manifest(folder))
value = pickle.load(sys.stdin.buffer)
print(type(value) is mine.import_module("model").Point)
"""
    words = [sys.executable, "-c", code]
    given = pickle.dumps(point)
    done = subprocess.run(words, input=given, capture_output=True, check=False)
    assert done.stdout == b"True\n", done.stderr
