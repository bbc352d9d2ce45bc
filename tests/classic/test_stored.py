"""The flags of a recorded run, with the definitions of its own files."""

import json
import shutil

import forge


def test_a_flag_whose_file_is_gone_has_the_kind_of_its_value(classic):
    """What train.py defined is known from its copy; the rest from its value."""
    text = "def load(config, **unused): return {**config}"
    classic.write(text, "configs/data.py")
    classic.write("def load(config, **data): return None", "configs/model.py")
    folder = classic.folder / "checkpoints/run/1"
    folder.mkdir(parents=True)
    flags = {"data_config": "configs/data.py", "lr": 0.5, "n": 3, "on": True}
    flags |= {"layers": ["a"], "name": "x", "none": None}
    (folder / "flags.json").write_text(json.dumps(flags))
    shutil.copy(classic.folder / "configs/data.py", folder)
    loaded = forge.load_from_checkpoint(
        folder, trust=True, override_flags={"n": "4", "on": "false", "lr": 1}
    )
    assert loaded.data == {**flags, "n": 4, "on": False, "lr": 1.0}
    assert loaded.model is None


def test_the_kinds_of_flags_are_those_of_the_copies(classic):
    classic("--steps=2")
    shutil.rmtree(classic.folder / "configs")
    folder = classic.folder / "results/train/1"
    loaded = forge.load_from_checkpoint(folder, override_flags={"layers": "3,4"})
    assert loaded.data["n_in"] == 3
