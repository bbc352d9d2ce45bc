"""Manifests: what is refused before anything is executed."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.rebuild.isolated import StoredSources
from forge.rebuild.manifest import Manifest, is_safe


ENDING = "raise SystemExit('executed')"


def refused(runs, folder, manifest):
    before = runs.opened.copy()
    with pytest.raises(ForgeError) as caught:
        runs.open(folder, manifest)
    assert runs.opened == before
    return caught.value


def test_an_altered_file_is_refused_before_anything_runs(runs, message):
    folder, manifest = runs.store({"train.py": ENDING, "pkg/model.py": "width = 1"})
    folder.joinpath("pkg/model.py").write_text("width = 2")
    error = refused(runs, folder, manifest)
    assert (error.code, error.path) == ("source-altered", "pkg/model.py")
    message("source-altered", str(error))


def test_a_missing_file_is_refused_before_anything_runs(runs, message):
    folder, manifest = runs.store({"train.py": ENDING, "pkg/model.py": "width = 1"})
    folder.joinpath("pkg/model.py").unlink()
    error = refused(runs, folder, manifest)
    assert (error.code, error.path) == ("source-missing", "pkg/model.py")
    message("source-missing", str(error))


def test_all_that_is_wrong_is_told_at_once(runs):
    folder, manifest = runs.store({"a.py": "", "b.py": "", "notes.yaml": "a: 1"})
    folder.joinpath("a.py").unlink()
    folder.joinpath("notes.yaml").write_text("a: 2")
    codes = [e.code for e in refused(runs, folder, manifest).errors]
    assert codes == ["source-missing", "source-altered"]


def test_of_very_many_files_the_first_are_told(runs):
    names = [f"part{i:03}.py" for i in range(100)]
    folder, manifest = runs.store(dict.fromkeys(names, ""))
    for name in names:
        folder.joinpath(name).unlink()
    told = [e.path for e in refused(runs, folder, manifest).errors]
    assert told == names[: len(told)]
    assert 10 < len(told) < 50
    all_of_them = Manifest.of(folder, manifest).problems()
    assert [e.path for e in all_of_them] == names


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(runs):
    folder, manifest = runs.store({"a.py": ""})
    folder.joinpath("a.py").chmod(0)
    assert "a.py cannot be read: Permission denied" in str(
        refused(runs, folder, manifest)
    )


def test_folders_and_huge_files_in_place_of_sources_are_named(runs):
    folder, manifest = runs.store({"a.py": "", "b.py": ""})
    folder.joinpath("a.py").unlink()
    folder.joinpath("a.py").mkdir()
    os.truncate(folder / "b.py", 1 << 40)
    one, two = refused(runs, folder, manifest).errors
    assert "a.py is no file, though the run stored it" in str(one)
    assert "b.py is larger than any source" in str(two)


def test_a_file_altered_after_opening_is_refused_when_it_is_imported(runs):
    sources = runs({"train.py": "def late():\n    import model", "model.py": "n = 1"})
    train = sources.import_module("train")
    Path(sources.manifest.folder, "model.py").write_text("n = 2")
    with pytest.raises(ForgeError) as caught:
        train.late()
    assert caught.value.code == "source-altered"
    Path(sources.manifest.folder, "model.py").write_text("n = 1")
    train.late()


@pytest.mark.parametrize(
    "path",
    [
        "../evil.py",
        "/etc/evil.py",
        "a/../../evil.py",
        "",
        "a//b.py",
        "./a.py",
        "a\\b.py",
    ],
)
@pytest.mark.parametrize("where", ["files", "roots"])
def test_paths_that_lead_out_are_refused_before_any_file_is_read(runs, path, where):
    if where == "roots" and not path:
        pytest.skip("the folder itself")
    Path("results/train/1").mkdir(parents=True)
    Path("results/train/1/evil.py").write_text(ENDING)
    folder, manifest = runs.store({"train.py": ENDING})
    if where == "files":
        manifest["files"][path] = {"sha256": "0" * 64}
    else:
        manifest["roots"].append(path)
    error = refused(runs, folder, manifest)
    assert (error.code, error.path) == ("source-path", path)


def test_paths_that_lead_out_are_named(runs, message):
    folder, manifest = runs.store({"train.py": ENDING})
    manifest["files"]["../evil.py"] = {"sha256": "0" * 64}
    message("source-path", str(refused(runs, folder, manifest)))


@pytest.mark.parametrize("target", ["outside.py", "folder"])
def test_links_that_lead_out_are_refused(runs, target):
    folder, manifest = runs.store({"pkg/model.py": "n = 1"})
    moved = Path("outside.py")
    folder.joinpath("pkg/model.py").rename(moved)
    if target == "folder":
        Path("pkg").mkdir()
        moved.rename("pkg/model.py")
        folder.joinpath("pkg").rmdir()
        folder.joinpath("pkg").symlink_to(Path("pkg").resolve())
    else:
        folder.joinpath("pkg/model.py").symlink_to(moved.resolve())
    assert refused(runs, folder, manifest).code == "source-path"


def test_a_run_folder_behind_a_link_is_fine(runs):
    folder, manifest = runs.store({"model.py": "n = 1"})
    Path("link").symlink_to(folder.resolve())
    assert runs.open(Path("link"), manifest).import_module("model").n == 1


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(runs):
    folder, manifest = runs.store({"model.py": "n = 1"})
    folder.joinpath("model.py").unlink()
    os.mkfifo(folder / "model.py")
    assert refused(runs, folder, manifest).code == "source-missing"


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"files": ["train.py"]},
        {"files": {"train.py": {}}},
        {"files": {"train.py": {"sha256": None}}},
        {"roots": None},
        {"main": "train.py"},
        {"main": {"module": "other", "path": "other.py"}},
        {"externals": 3},
        {"packages": 3},
    ],
)
def test_other_forms_are_refused(runs, change):
    folder, manifest = runs.store({"train.py": ENDING})
    error = refused(runs, folder, {**manifest, **change})
    assert error.code in {"source-manifest", "source-altered"}


def test_a_format_of_the_future_says_so(runs, message):
    folder, manifest = runs.store({"train.py": ENDING})
    message("source-manifest", str(refused(runs, folder, {**manifest, "format": 2})))


def test_hashes_alone_and_hashes_among_facts_are_read(runs):
    folder, manifest = runs.store({"a.py": "", "b.py": ""})
    manifest["files"]["a.py"] = manifest["files"]["a.py"]["sha256"]
    manifest["files"]["b.py"]["added"] = "later"
    runs.open(folder, manifest).import_module("a")


@given(st.text(alphabet="ab./\\:\0", max_size=8))
def test_safe_paths_stay_inside(path):
    if is_safe(path):
        assert os.path.normpath(f"/top/{path}").startswith("/top/")
        assert os.path.normpath(path) == path


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = ("main", "roots", "files", "python", "externals", "packages")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, json_values)))
def test_no_manifest_raises_anything_but_an_error_for_users(data):
    try:
        manifest = Manifest.of(Path("nowhere"), {"format": 1, **data})
    except ForgeError:
        return
    assert manifest.tops is not None
    if manifest.files:
        with pytest.raises(ForgeError):
            manifest.verify()


def test_nothing_stays_behind_when_opening_is_refused(runs):
    folder, manifest = runs.store({"a.py": ""})
    folder.joinpath("a.py").unlink()
    with pytest.raises(ForgeError):
        StoredSources(folder, manifest)
    assert "FORGE_LOADED_RUNS" not in os.environ
