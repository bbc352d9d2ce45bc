"""Sources that changed since a run stored them."""

import json
import os
from hashlib import sha256

from forge.run.sources import collect, manifest
from forge.run.staleness import stale, unstored


def test_changed_and_missing_files_are_stale(tmp_path):
    root, elsewhere = tmp_path / "project", tmp_path / "elsewhere" / "model.py"
    for folder in (root, elsewhere.parent):
        folder.mkdir()
    (root / "train.py").write_text("import a, b, c")
    for file in (root / "a.py", root / "b.py", root / "c.py", elsewhere):
        file.write_text("")
    collected = collect(root, root / "train.py", components=[elsewhere])
    stored = json.loads(json.dumps(manifest(collected)))
    assert stale(stored, root) == []
    (root / "a.py").write_text("x = 1")
    (root / "c.py").unlink()
    elsewhere.write_text("x = 1")
    assert stale(stored, root) == [*stored["outside"], "a.py", "c.py"]


def test_whatever_a_manifest_names_is_stale_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "huge.py").touch()
    os.truncate(tmp_path / "huge.py", 1 << 40)
    (tmp_path / "same.py").touch()
    digest = sha256(b"").hexdigest()
    outside = {"device": "/dev/zero", "odd": "a\0b", "same": str(tmp_path / "same.py")}
    names = ["pipe.py", "huge.py", "same.py", *outside]
    stored = {"files": dict.fromkeys(names, digest), "outside": outside}
    assert stale(stored, tmp_path) == ["device", "huge.py", "odd", "pipe.py"]


def test_files_that_were_never_stored(tmp_path):
    root, elsewhere = tmp_path / "project", tmp_path / "elsewhere" / "model.py"
    for folder in (root, elsewhere.parent):
        folder.mkdir()
    for file in (root / "train.py", root / "new.py", elsewhere):
        file.write_text("")
    collected = collect(root, root / "train.py", components=[elsewhere])
    stored = json.loads(json.dumps(manifest(collected)))
    known = [str(root / "train.py"), str(elsewhere), json.__file__]
    assert unstored(stored, root, [*known, str(root / "new.py")]) == [
        str(root / "new.py")
    ]
