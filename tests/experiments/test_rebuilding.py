"""Definitions found again in the sources of a run, or in today's."""

import hashlib
import json
import sys

import pytest
from projects import TRAIN

import forge


def test_two_versions_of_a_script_side_by_side(project, load):
    project.load(TRAIN.replace('"name": "mlp"', '"name": "first"')).train.run(
        quiet=True, capture="no"
    )
    project.load(TRAIN.replace('"name": "mlp"', '"name": "second"')).train.run(
        quiet=True, capture="no"
    )
    first, second = load("train/1"), load("train/2")
    assert (first.model["name"], second.model["name"]) == ("first", "second")
    assert load("train/1").model["name"] == "first"
    assert first.call("evaluate")["split"] == "test"


def test_sources_of_the_session_that_saved_the_checkpoint(project, train, load):
    train()
    text = TRAIN.replace('"name": "mlp"', '"name": "second"')
    other = project.load(text).train
    other.run({"steps": 6}, resume=True, code="current", quiet=True, capture="no")
    assert project.record().run.sessions[1].sources == "sources-2"
    assert "second" in load()._stored.folder.joinpath("train.py").read_text()
    assert load(step=None).model["name"] == "second"
    assert load(step=4)._stored.folder.name == "sources"
    assert load(step=6)._stored.folder.name == "sources-2"


def test_a_component_of_a_file_that_a_resume_brought(project, train, load):
    train()
    project.write("NAME = 'other'", "beside.py")
    project.write(
        """
        import beside
        import forge

        @forge.model
        def other(n_in, size=2, *, _seed):
            return {"w": [0] * n_in * size, "name": beside.NAME}
        """,
        "other.py",
    )
    train({"steps": 6, "model": "other.py"}, resume=True)
    run = project.record().run
    assert [s.sources for s in run.sessions] == ["sources", "sources-2"]
    stored = project.record().layout.sources_of("sources-2")
    assert {"train.py", "other.py", "beside.py"} <= {f.name for f in stored.iterdir()}
    # Nothing but the run's own copies is needed, nor asked about.
    for name in ("other.py", "beside.py"):
        (project.folder / name).unlink()
        sys.modules.pop(name.removesuffix(".py"), None)
    assert [load(step=s).components["model"] for s in (4, 6)] == ["mlp", "other"]
    assert load(step=None).model == {"w": [0] * 6, "name": "other"}
    assert load(step=4).config["model.n_hidden"] == 4
    assert "model.n_hidden" not in load(step=6).config
    load().resume(config={"steps": 8})
    last = project.record().run.sessions[2]
    assert (last.sources, last.components) == ("sources-2", ())


def test_components_that_a_resume_brought_are_signed(project, train, load):
    train()
    train({"steps": 6, "model": "cnn"}, resume=True)
    path = project.record().layout.run
    facts = json.loads(path.read_bytes())
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert load(step=None).model["name"] == "cnn"
    for fact in facts["sessions"][1]["components"]:
        if fact["name"] == "cnn":
            fact["qualname"] = "planted"
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(forge.ForgeError) as found:
        _ = load(step=None).model
    assert found.value.code == "untrusted"


def test_another_component_of_the_same_file(project, train, load):
    train()
    train({"steps": 6, "model": "cnn", "model.filters": (2, 2)}, resume=True)
    assert project.record().run.sessions[1].sources == "sources"
    assert [load(step=s).components["model"] for s in (4, 6)] == ["mlp", "cnn"]
    assert load(step=None).model["name"] == "cnn"


def test_missing_sources(project, train, load, message):
    train()
    for file in (project.folder / "results/train/1/sources").iterdir():
        file.unlink()
    exp = load()
    assert exp.record.status == "COMPLETED"
    with pytest.raises(forge.ForgeError) as found:
        _ = exp.model
    message("no-sources-load", str(found.value).replace(str(project.folder), "PROJECT"))


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_a_source_that_is_missing_or_altered(project, train, load, message, damage):
    train()
    file = project.folder / "results/train/1/sources/train.py"
    if damage == "missing":
        file.unlink()
    else:
        file.write_text(file.read_text() + "\nprint('planted')\n")
    exp = load()
    with pytest.raises(forge.ForgeError) as found:
        _ = exp.model
    message(f"source-{damage}-load", str(found.value))


def test_sources_that_define_no_experiment(project, train, load, message):

    train()
    sources = project.folder / "results/train/1/sources"
    data = b"X = 1\n"
    (sources / "train.py").write_bytes(data)
    manifest = json.loads((sources / "MANIFEST.json").read_text())
    fact = manifest["files"]["train.py"]
    digest = hashlib.sha256(data).hexdigest()
    if isinstance(fact, dict):
        fact["sha256"] = digest
    else:
        manifest["files"]["train.py"] = digest
    (sources / "MANIFEST.json").write_text(json.dumps(manifest))
    with pytest.raises(forge.ForgeError) as found:
        _ = load(trust=True).model
    message("no-experiment", str(found.value))


def test_a_component_whose_build_raises_in_stored_code(project, train, load):
    train()
    text = TRAIN.replace(
        'return {"w": [_seed % 1000] * n_in * n_hidden',
        'return {"w": [1 // (n_hidden - 4)]',
    )
    project.load(text).train.run({"model.n_hidden": 5}, quiet=True, capture="no")
    with pytest.raises(ZeroDivisionError) as found:
        _ = load("train/2", config={"model.n_hidden": 4}).model
    assert any("while building model = mlp" in note for note in found.value.__notes__)


def test_current_code_that_is_gone(project, train, load, message):
    train()
    project.close()
    (project.folder / "train.py").unlink()
    with pytest.raises(forge.ForgeError) as found:
        _ = load(code="current").model
    text = str(found.value)
    message("no-experiment-current", text)


def test_other_versions_of_libraries_are_one_note(project, train, load):
    train()
    path = project.record().layout.manifest
    manifest = json.loads(path.read_bytes())
    manifest["packages"] = {"pytest": "1.2.3"}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    expected = rf"train/1: the run used pytest 1\.2\.3, now {pytest.__version__}"
    with pytest.warns(UserWarning, match=expected) as caught:
        _ = load(trust=True).model
    assert len(caught) == 1
