"""The sources of a recorded run, as the copies for another one."""

import json

from projects import TRAIN

from forge.run.stored import sources_of


def test_the_same_copies(project):
    project.write("VALUE = 1\n", "part.py")
    project.write("import part\n" + TRAIN)
    project("with", "tiny")
    folder = project.folder / "results/train/1/sources"
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    sources = sources_of(folder, manifest)
    assert {c.path for c in sources.files} == {"train.py", "part.py"}
    assert {c.path: c.data for c in sources.files}["part.py"] == b"VALUE = 1\n"
    assert sources.main == "train"
    assert sources.main_path == "train.py"
    assert sources.rebuildable
