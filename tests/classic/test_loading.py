"""A classic run rebuilt from its folder: data, model, and how to restore them."""

import json
import shutil

import pytest

import forge
from forge.errors import ForgeError


@pytest.fixture(name="trained")
def _trained(classic):
    """A run, in a project whose config files are gone since."""
    classic("--n=2", "--n_hidden=3", "--verbose", "--steps=5")
    shutil.rmtree(classic.folder / "configs")
    (classic.folder / "train.py").unlink()
    return classic.folder / "results/train/1"


def refused(run, *args, **kwargs):
    with pytest.raises(ForgeError) as caught:
        forge.load_from_checkpoint(run, *args, **kwargs)
    return caught.value


def test_data_and_model_come_from_the_folder_alone(trained):
    data, model, restore = forge.load_from_checkpoint(trained)
    assert data == {"xs": [0.0, 1.0], "n_in": 2}
    assert model == {"weights": {"value": [0.0] * 6}}
    assert restore() == restore.step == 5
    assert model["weights"]["value"][0] == 5.0


def test_a_step_is_chosen(trained):
    _, model, restore = forge.load_from_checkpoint(trained, 2)
    assert restore() == 2
    assert model["weights"]["value"][0] == 2.0
    assert restore.path.endswith("checkpoints/0000000002")


def test_a_run_has_the_names_it_has_elsewhere(trained, monkeypatch):
    monkeypatch.chdir(trained.parents[2])
    for name in ("train/1", "results/train", "train", "results/train/1/"):
        assert forge.load_from_checkpoint(name).restore.step == 5
    assert forge.load_from_checkpoint("train/1@2").restore.step == 2


def test_flags_and_arguments_are_changed_for_one_load(trained):
    loaded = forge.load_from_checkpoint(
        trained, override_flags={"n": 1, "scale": "2.5"}, data_kwargs={"unused": 1}
    )
    assert loaded.data["n_in"] == 1
    loaded = forge.load_from_checkpoint(trained, model_kwargs={"n_in": 1})
    assert len(loaded.model["weights"]["value"]) == 3
    assert json.loads((trained / "flags.json").read_text())["n"] == 2


def test_two_runs_with_two_versions_live_side_by_side(classic):
    classic("--steps=2")
    text = (classic.folder / "configs/base.py").read_text()
    classic.write(text.replace("[0.0] * n", "[7.0] * n"), "configs/base.py")
    text = (classic.folder / "configs/model.py").read_text()
    classic.write(text.replace("int(2e0)", "5"), "configs/model.py")
    classic("--steps=2")
    one = forge.load_from_checkpoint(classic.folder / "results/train/1")
    two = forge.load_from_checkpoint(classic.folder / "results/train/2")
    assert one.model["weights"]["value"] == [0.0] * 6
    assert two.model["weights"]["value"] == [7.0] * 15


def test_flags_of_a_loaded_run_are_its_own(classic):
    """Stored config files see the flags of their run in `FLAGS` and `config()` too."""
    text = """
        import forge
        from forge import flags
        from forge.flags import FLAGS

        flags.DEFINE_integer("n", 3, "How many.")

        def load(config, **unused):
            inner = forge.load("configs/inner.py", config)
            return {"all": [config.n, FLAGS.n, forge.config().n, inner]}
        """
    classic.write(text, "configs/data.py")
    classic.write("def load(config): return config['n']", "configs/inner.py")
    classic.write("def load(config, **data): return {}", "configs/model.py")
    script = (classic.folder / "train.py").read_text().partition("run = forge")[0]
    classic.write(script + "print(data)\n")
    done = classic("--n=9")
    assert done.stdout == "{'all': [9, 9, 9, 9]}\n"
    shutil.rmtree(classic.folder / "configs")
    loaded = forge.load_from_checkpoint(classic.folder / "results/train/1")
    assert loaded.data == {"all": [9, 9, 9, 9]}


def test_values_that_a_resume_gave_anew_are_those_of_its_checkpoints(classic):
    classic("--steps=2", "--n=2")
    classic("--resume", "--steps=4", "--scale=3")
    folder = classic.folder / "results/train/1"
    assert forge.load_from_checkpoint(folder, 4).data["xs"] == [0.0, 3.0]
    assert forge.load_from_checkpoint(folder, 2).data["xs"] == [0.0, 1.0]


def test_data_that_is_no_mapping_is_passed_on_as_it_is(classic):
    classic.write("def load(config): return [1, 2]", "configs/data.py")
    classic.write(
        "def load(config, dataset): return {'n': len(dataset)}", "configs/model.py"
    )
    script = (classic.folder / "train.py").read_text().partition("data = fet")[0]
    classic.write(script)
    classic()
    loaded = forge.load_from_checkpoint(classic.folder / "results/train/1")
    assert (loaded.data, loaded.model) == ([1, 2], {"n": 2})


def test_what_is_wrong_with_a_request(trained, message):
    error = refused(trained, 3)
    assert error.options == [2, 4, 5]
    text = str(error).replace(str(trained), "results/train/1")
    message("load-no-step", text)
    message("load-unknown-flag", str(refused(trained, override_flags={"nn": 3})))
    error = refused(trained, override_flags={"n": "many"})
    message("load-bad-flag", str(error).replace(str(trained), "results/train/1"))
    error = refused(trained.parent.parent / "none/3")
    assert error.code == "no-run"
    assert refused(trained / "sources").code == "no-run"


def test_a_run_without_a_checkpoint_is_loaded_and_not_restored(trained):
    shutil.rmtree(trained / "checkpoints")
    loaded = forge.load_from_checkpoint(trained)
    assert loaded.data["n_in"] == 2
    with pytest.raises(ForgeError, match="no complete checkpoint"):
        loaded.restore()


def test_a_run_of_somebody_else_is_asked_about(trained, monkeypatch):
    (trained / "trust.json").unlink()
    assert refused(trained).code == "untrusted"
    assert refused(trained, trust=False).code == "untrusted"
    assert forge.load_from_checkpoint(trained, trust=True).data["n_in"] == 2
    monkeypatch.setenv("FORGE_TRUST", str(trained.parents[1]))
    assert forge.load_from_checkpoint(trained).data["n_in"] == 2


def test_a_copy_that_was_changed_is_refused(trained):
    file = trained / "sources/configs/data.py"
    file.write_text(file.read_text() + "\nprint('planted')\n")
    assert refused(trained).code == "source-altered"


def test_a_run_of_decorated_components_is_loaded_otherwise(project, message):
    project.load().train.run({"steps": 1}, quiet=True, capture="no")
    message("not-classic", str(refused("results/train/1")))


def test_a_classic_run_is_no_experiment(trained, monkeypatch, message):
    monkeypatch.chdir(trained.parents[2])
    loaded = forge.Experiment.load("results/train/1")
    assert loaded.record.config["n"] == 2
    with pytest.raises(ForgeError) as caught:
        loaded.open()  # which would have carried the script out
    text = str(caught.value).replace(str(trained), "results/train/1")
    message("no-experiment-classic", text)


def test_a_restore_says_what_it_restores(trained):
    restore = forge.load_from_checkpoint(trained).restore
    assert repr(restore) == "<restore train/1@newest>"


def test_a_config_file_that_a_resume_gave_anew(classic):
    classic("--steps=2")
    text = (classic.folder / "configs/data.py").read_text().replace("config.n}", "7}")
    classic.write(text, "configs/seven.py")
    classic("--resume", "--steps=4", "--data_config=configs/seven.py")
    folder = classic.folder / "results/train/1"
    assert forge.load_from_checkpoint(folder, 4).data["n_in"] == 7
    assert forge.load_from_checkpoint(folder, 2).data["n_in"] == 3


def test_a_run_without_config_files(classic, message):
    script = (classic.folder / "train.py").read_text().partition("data = fet")[0]
    classic.write(
        script.replace("config.data_config, config.model_config", "None, None")
        .replace('"configs/data.py"', '""')
        .replace('"configs/model.py"', '""')
    )
    classic()
    folder = classic.folder / "results/train/1"
    message("no-configs", str(refused(folder)).replace(str(folder), "results/train/1"))


def test_two_config_files_of_one_name_and_one_outside_of_the_project(classic, tmp_path):
    text = (classic.folder / "configs/data.py").read_text()
    outside = tmp_path / "shared"
    outside.mkdir()
    (outside / "model.py").write_text(text.replace("config.n}", "config.n + 1}"))
    words = [f"--data_config={outside / 'model.py'}", "--n=2", "--steps=2"]
    done = classic(*words)
    assert done.stdout == "results/train/1 None 2.0\n"
    shutil.rmtree(outside)
    shutil.rmtree(classic.folder / "configs")
    loaded = forge.load_from_checkpoint(classic.folder / "results/train/1")
    assert loaded.data == {"xs": [0.0, 1.0], "n_in": 3}
    assert len(loaded.model["weights"]["value"]) == 6
    assert loaded.restore() == 2


def test_flags_that_are_read_while_a_file_is_imported_are_those_of_the_run(classic):
    text = (classic.folder / "configs/data.py").read_text()
    text += "\n\nAT_IMPORT = [flags.FLAGS.n, flags.FLAGS.steps]\n"
    text = text.replace('"n_in": config.n', '"n_in": config.n, "at": AT_IMPORT')
    text = text.replace('1.0, "What', "1.0 + 0 * len('x'), \"What")
    classic.write(text, "configs/data.py")
    done = classic("--n=5", "--steps=2", "--scale=2")
    assert done.returncode == 0
    folder = classic.folder / "results/train/1"
    assert forge.load_from_checkpoint(folder).data["at"] == [5, 2]
    loaded = forge.load_from_checkpoint(folder, override_flags={"n": 1, "scale": 3})
    assert loaded.data["at"] == [1, 2]
    assert loaded.data["xs"] == [0.0]
