"""What a load takes over of a run's config, and what it changes."""

import pytest
from projects import TRAIN

import forge


def test_injected_scalars_are_reused_so_no_dataset_is_built(project, load):
    text = TRAIN.replace(
        "def toy(n=3, offset=0):",
        'def toy(n=3, offset=0):\n    __import__("os").mkdir("built")',
    )
    project.load(text).train.run(quiet=True, capture="no")
    (project.folder / "built").rmdir()
    exp = load()
    assert exp.model["name"] == "mlp"
    assert not (project.folder / "built").exists()
    _ = exp.dataset
    assert (project.folder / "built").exists()


@pytest.mark.parametrize("key", ["dataset.n", "n"])
def test_what_a_load_changes_in_a_dataset_reaches_the_model(project, train, load, key):
    train()
    exp = load(config={key: 5}, step=None)
    assert exp.config["dataset.n"] == 5
    assert len(exp.model["w"]) == 5 * 4
    assert len(exp.dataset["xs"]) == 5


def test_changed_values_hold_for_this_load_only(project, train, load):
    train()
    assert load(config={"dataset.offset": 10}).dataset["xs"] == [10, 11, 12]
    assert load().dataset["xs"] == [0, 1, 2]
    assert load().record.config["dataset.offset"] == 0


def test_a_mistake_in_what_is_changed(project, train, load):
    train()
    with pytest.raises(forge.ForgeError, match=r"Did you mean dataset\.offset"):
        _ = load(config={"dataset.ofset": 10}).dataset


def test_options_with_a_wrong_choice(project, train, load, message):
    train()
    for name in ("code", "leaks"):
        with pytest.raises(forge.ForgeError) as found:
            load(**{name: "maybe"})
        message(f"bad-option-load-{name}", str(found.value))


def test_current_code(train, load, today):
    run = train()
    today(TRAIN.replace('"name": "mlp"', '"name": "new"'))
    exp = load(code="current")
    assert exp.model["name"] == "mlp"  # a part of what was saved
    assert load(code="current", step=None).model["name"] == "new"
    assert exp.config["lr"] == run.config["lr"]
    assert exp.stored is None


def test_current_code_with_drift(train, load, today, message):
    train({"model.n_hidden": 7})
    text = TRAIN.replace("n_hidden", "width").replace("offset", "start")
    today(text.replace("lr=0.5", "lr=0.5, momentum=0.9"))
    with pytest.raises(forge.ForgeError) as found:
        _ = load(code="current").config
    message("drift-removed-load", str(found.value))
    options = {
        "rename": {"model.n_hidden": "model.width"},
        "ignore": ["dataset.offset"],
    }
    exp = load(code="current", step=None, **options)
    assert exp.config["model.width"] == 7
    assert exp.config["dataset.start"] == 0
    assert exp.config["momentum"] == 0.9
    assert any("momentum is new since the run" in note for note in exp.config.notes)
    assert len(exp.model["w"]) == 3 * 7


def test_a_missing_file_says_where_paths_start(
    project, load, message, monkeypatch, tmp_path
):
    (project.folder / "data.txt").write_text("1 2 3")
    text = TRAIN.replace(
        "def toy(n=3, offset=0):",
        'def toy(n=3, offset=0, path="data.txt"):\n    open(path).close()',
    )
    project.load(text).train.run(quiet=True, capture="no")
    exp = load()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(FileNotFoundError) as found:
        _ = exp.dataset
    (note,) = [n for n in found.value.__notes__ if "relative paths" in n]
    message("note-relative-paths", note.replace(str(project.folder), "PROJECT"))
    path = str(project.folder / "data.txt")
    run = project.folder / "results/train/1"
    assert load(run, config={"dataset.path": path}).dataset["n_in"] == 3
