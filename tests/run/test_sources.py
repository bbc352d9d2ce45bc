"""Copies of the project files that a run needs."""

import hashlib
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.rebuild.isolated import StoredSources
from forge.run.sources import collect, manifest


def write(root, files):
    """Write a small project."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            file.write_bytes(text)
        else:
            file.write_text(textwrap.dedent(text), encoding="utf-8")


def paths(sources):
    return [copy.path for copy in sources.files]


COLLECT = """
import json, sys
from pathlib import Path
from forge.run.sources import collect, manifest, project_root
main = Path(__file__)
print(json.dumps(manifest(collect(project_root(main), main))))
"""


def script(body):
    """A script that prints its manifest at the end."""
    return textwrap.dedent(body) + COLLECT


def run(script, *, args=(), cwd=None, **environment):
    """Run a script whose last act is to print its manifest."""
    done = subprocess.run(
        [sys.executable, *(args or [str(script)])],
        capture_output=True,
        check=False,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def root(tmp_path):
    """A project root with awkward characters in its path."""
    root = tmp_path / "a 0; é'\""
    write(root, {"setup.cfg": ""})
    return root


def test_imports_are_followed_through_the_project(root):
    write(
        root,
        {
            "train.py": "import nets.cnn\n" + COLLECT,
            "nets/__init__.py": "",
            "nets/cnn.py": "from . import blocks\nfrom .deep import wide as w",
            "nets/blocks.py": "def f():\n    import lazily.imported.thing",
            "nets/deep/__init__.py": "",
            "nets/deep/wide.py": "from ...nets import sibling",
            "nets/sibling.py": "",
            "nets/unused.py": "",
            "lazily/imported/thing.py": "__import__('named')",
            "lazily/__init__.py": "",
            "named.py": "import json, os.path, numpy",
            "random.py.txt": "",
            "unused.py": "",
        },
    )
    (root / "nets/deep/wide.py").write_text("from ..sibling import *")
    found = run(root / "train.py")
    assert sorted(found["files"]) == [
        "lazily/__init__.py",
        "lazily/imported/thing.py",
        "named.py",
        "nets/__init__.py",
        "nets/blocks.py",
        "nets/cnn.py",
        "nets/deep/__init__.py",
        "nets/deep/wide.py",
        "nets/sibling.py",
        "train.py",
    ]
    assert found["main"] == {"module": "train", "path": "train.py"}
    assert found["roots"] == ["."]
    assert found["rebuildable"] is True
    for path, digest in found["files"].items():
        content = (root / path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


def test_roots_keep_the_order_of_the_search_path(root):
    write(
        root,
        {
            "scripts/train.py": "import first, second\n" + COLLECT,
            "lib/first.py": "import shared",
            "src/second.py": "",
            "src/shared.py": "",
            "lib/shared.py": "",
        },
    )
    before = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join([str(root / "lib"), str(root / "src"), before])
    found = run(root / "scripts/train.py", PYTHONPATH=path)
    assert found["roots"] == ["scripts", "lib", "src"]
    assert found["main"] == {"module": "train", "path": "scripts/train.py"}
    assert sorted(found["files"]) == [
        "lib/first.py",
        "lib/shared.py",
        "scripts/train.py",
        "src/second.py",
    ]


def test_a_folder_that_left_the_search_path_is_a_root_still(root):
    write(
        root,
        {
            "train.py": script("""
                import sys
                sys.path.insert(0, sys.path[0] + "/src")
                import package.part
                del sys.path[0]
                """),
            "src/package/__init__.py": "",
            "src/package/part.py": "",
        },
    )
    found = run(root / "train.py")
    assert found["roots"] == [".", "src"]
    assert "src/package/part.py" in found["files"]
    assert found["externals"] == {}


def test_a_script_started_as_a_module_has_its_dotted_name(root):
    write(root, {"app/__init__.py": "", "app/go.py": COLLECT, "app/x.py": ""})
    found = run(None, args=["-m", "app.go"], cwd=root)
    assert found["main"] == {"module": "app.go", "path": "app/go.py"}
    assert sorted(found["files"]) == ["app/__init__.py", "app/go.py"]


def test_virtual_environments_and_libraries_are_left_out(root):
    write(
        root,
        {
            "train.py": script("""
                import sys
                for place in (".venv/src", "env/lib", "odd/lib"):
                    sys.path.append(f"{sys.path[0]}/{place}")
                import one, two, three, numpy, forge.errors
                """),
            ".venv/pyvenv.cfg": "",
            ".venv/src/one.py": "",
            "env/lib/two.py": "",
            "env/pyvenv.cfg": "",
            "odd/lib/site-packages/three.py": "",
            "odd/lib/three.py": "",
        },
    )
    found = run(root / "train.py")
    assert sorted(found["files"]) == ["odd/lib/three.py", "train.py"]
    assert found["packages"]["numpy"]
    assert sorted(found["externals"]) == ["one", "two"]


def test_forge_itself_is_never_stored_even_below_the_root(tmp_path):
    checkout = Path(__file__).parents[2]
    found = collect(checkout, checkout / "tests/conftest.py")
    assert not [path for path in paths(found) if path.startswith("forge/")]
    assert found.main_path == "tests/conftest.py"


def test_results_are_excluded(root):
    write(root, {"train.py": "", "results/train/1/sources/conf.yaml": "", "c.yaml": ""})
    found = collect(
        root, root / "train.py", extra=["**/*.yaml"], exclude=[root / "results"]
    )
    assert {"c.yaml", "train.py"} <= set(paths(found))
    assert not [path for path in paths(found) if path.startswith("results")]


def test_patterns_add_files_but_never_secrets(root):
    write(
        root,
        {
            "train.py": "",
            "conf/a.yaml": "",
            "conf/.env": "KEY=1",
            "conf/id_rsa": "secret",
            "conf/server.pem": "secret",
            "conf/helper.py": "import used",
            "used.py": "",
        },
    )
    found = collect(root, root / "train.py", extra=["conf/*", "conf/.*"])
    assert paths(found) == ["conf/a.yaml", "conf/helper.py", "train.py", "used.py"]


@pytest.mark.parametrize("pattern", ["/etc/*.conf", "../*.py", ""])
def test_a_pattern_that_leaves_the_project_is_refused(root, pattern, message):
    with pytest.raises(ForgeError) as caught:
        collect(root, None, extra=[pattern])
    assert caught.value.code == "source-pattern"
    if pattern.startswith(".."):
        message("source-pattern", str(caught.value).replace(str(root), "/work"))


def test_a_component_from_elsewhere_is_stored_outside(root, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "model.py"
    write(root, {"train.py": ""})
    write(elsewhere.parent, {"model.py": "import part", "part.py": ""})
    found = collect(root, root / "train.py", components=[elsewhere])
    outside = [path for path in paths(found) if path.startswith("_outside/")]
    assert len(outside) == 1
    assert outside[0].endswith("/model.py")
    assert manifest(found)["outside"] == {outside[0]: str(elsewhere)}


def test_a_script_outside_of_a_given_root_is_stored_too(root, tmp_path):
    write(tmp_path, {"else/train.py": "import this_is_not_there"})
    found = collect(root, tmp_path / "else/train.py")
    assert found.main == "train"
    assert found.main_path in paths(found)
    assert str(found.main_path).startswith("_outside/")


def test_files_that_do_not_parse_are_stored(root):
    write(root, {"train.py": "import broken\nimport binary", "broken.py": "def ("})
    write(root, {"binary.py": b"\xff\x00", "data.py": b"x = '\xe9'"})
    found = collect(root, root / "train.py")
    assert paths(found) == ["binary.py", "broken.py", "train.py"]


def test_what_is_too_large_is_listed_and_never_cut(root, message):
    write(
        root,
        {
            "train.py": "import table, small",
            "table.py": "x = 0\n" * 400_000,
            "small.py": "",
        },
    )
    found = collect(root, root / "train.py", since=time.time())
    assert paths(found) == ["small.py", "train.py"]
    assert found.too_big == ("table.py",)
    assert manifest(found)["rebuildable"] is False
    message("source-too-big", "\n".join(found.warnings))


def test_all_files_together_have_a_limit(root):
    names = [f"part{i:02}" for i in range(27)]
    write(root, {"train.py": f"import {', '.join(names)}"})
    write(root, {f"{name}.py": "x = 00\n" * 280_000 for name in names})
    found = collect(root, root / "train.py")
    assert len(found.files) == 26
    assert len(found.too_big) == 2
    assert sum(len(copy.data) for copy in found.files) <= 50_000_000


def test_an_unreadable_file_is_listed(root, message):
    write(root, {"train.py": ""})
    found = collect(
        root, root / "train.py", components=[root / "deleted.py"], since=time.time()
    )
    assert found.unreadable == ("deleted.py",)
    assert not found.rebuildable
    message("source-unreadable", "\n".join(found.warnings))


def test_a_file_changed_since_the_start_is_noted(root, message):
    write(root, {"train.py": "import model", "model.py": ""})
    now = time.time()
    os.utime(root / "train.py", (now - 100, now - 100))
    found = collect(root, root / "train.py", since=now - 50)
    assert found.changed == ("model.py",)
    assert found.rebuildable
    message("source-changed", "\n".join(found.warnings))


def test_by_default_the_start_of_the_process_counts(root):
    # Later than the clocks of processes and files can differ.
    edit = "import os, time; os.utime(__file__, (time.time() + 5,) * 2)"
    write(root, {"train.py": script(edit)})
    assert run(root / "train.py")["changed"] == ["train.py"]
    (root / "train.py").write_text(COLLECT)
    time.sleep(0.05)
    assert run(root / "train.py")["changed"] == []


def test_a_script_that_could_not_be_read_is_not_named_in_the_manifest(root):
    found = manifest(collect(root, root / "gone.py"))
    assert (found["main"], found["unreadable"]) == (None, ["gone.py"])


def test_the_loader_takes_what_was_collected(root, tmp_path):
    write(
        root,
        {
            "scripts/train.py": script("import nets\nvalue = nets.value"),
            "src/nets/__init__.py": "from .deep import value",
            "src/nets/deep.py": "value = 42",
        },
    )
    paths_ = [str(root / "src"), os.environ.get("PYTHONPATH", "")]
    found = run(root / "scripts/train.py", PYTHONPATH=os.pathsep.join(paths_))
    stored = tmp_path / "sources"
    for path in found["files"]:
        (stored / path).parent.mkdir(parents=True, exist_ok=True)
        (stored / path).write_bytes((root / path).read_bytes())
    loaded = StoredSources(stored, found)
    try:
        assert loaded.import_main().value == 42
    finally:
        loaded.close()


def test_links_inside_the_project_are_followed_under_their_own_path(root, tmp_path):
    write(tmp_path, {"shared/model.py": "x = 1"})
    write(root, {"train.py": "import libs.model"})
    (root / "libs").symlink_to(tmp_path / "shared")
    assert paths(collect(root, root / "train.py")) == ["libs/model.py", "train.py"]


def test_late_imports_are_what_the_earlier_collection_has_not(root):
    write(root, {"train.py": "", "late.py": ""})
    early = collect(root, root / "train.py")
    late = collect(root, root / "train.py", components=[root / "late.py"])
    assert [copy.path for copy in late.added_since(early)] == ["late.py"]


def test_modules_that_load_themselves_are_not_woken(root):
    write(
        root,
        {
            "train.py": script("""
                import sys, types
                class Lazy(types.ModuleType):
                    def __getattr__(self, name):
                        raise SystemExit(f"woken for {name}")
                sys.modules["lazy"] = Lazy("lazy")
                sys.modules["odd"] = object()
                sys.modules["gone"] = None
                """)
        },
    )
    assert list(run(root / "train.py")["files"]) == ["train.py"]
