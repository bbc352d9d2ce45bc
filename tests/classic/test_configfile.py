"""Config files: imported by path or name, and their `load` called."""

import os
import sys

import pytest

import forge
from forge.classic.configfile import import_config
from forge.errors import ForgeError


def refused(*args, **kwargs):
    with pytest.raises(ForgeError) as caught:
        forge.load(*args, **kwargs)
    return caught.value


def test_whatever_load_returns_is_returned(classic):
    classic.write("def load(*args, **kwargs): return args, kwargs", "configs/any.py")
    assert forge.load("configs/any.py", 1, b=2) == ((1,), {"b": 2})
    path = classic.folder / "configs/any.py"
    assert forge.load(path) == ((), {})
    assert forge.load(import_config(path), 3) == ((3,), {})


def test_two_files_of_one_name_are_two_modules(classic):
    classic.write("def load(): return 'a'", "a/mnist.py")
    classic.write("def load(): return 'b'", "b/mnist.py")
    assert [forge.load("a/mnist.py"), forge.load("b/mnist.py")] == ["a", "b"]
    assert forge.load("a/../a/mnist.py") == "a"
    assert import_config("a/mnist.py") is import_config("./a/mnist.py")


def test_config_files_import_each_other(classic):
    classic.write(
        "import second\nVALUE = 1\ndef load(): return second.VALUE", "deep/first.py"
    )
    classic.write(
        "VALUE = 2\ndef load():\n    import first\n    return first.VALUE",
        "deep/second.py",
    )
    assert forge.load("deep/first.py") == 2
    assert forge.load("deep/second.py") == 1


def test_a_module_is_loaded_by_its_name(classic):
    sys.path.insert(0, str(classic.folder))
    classic.write("def load(): return 5", "package/of_models.py")
    assert forge.load("package.of_models") == 5


def test_a_file_that_was_edited_is_imported_anew(classic):
    path = classic.write("def load(): return 1", "configs/edited.py")
    assert forge.load("configs/edited.py") == 1
    classic.write("def load(): return 2", "configs/edited.py")
    os.utime(path, (1, 1))
    assert forge.load("configs/edited.py") == 2


def test_a_file_that_is_not_there(classic, message):
    error = refused("configs/mnist.py")
    assert error.code == "no-file"
    message("config-no-file", str(error).partition(" (looked")[0])
    message("config-no-module", str(refused("configs_of_mine")))


def test_a_file_without_load(classic, message):
    classic.write("def lod(): pass", "configs/any.py")
    error = refused("configs/any.py")
    assert error.code == "no-load"
    message("no-load", str(error))


def test_a_file_that_does_not_import_shows_its_own_traceback(classic, message):
    classic.write("import inner_part\n", "configs/outer.py")
    file = classic.write("WIDTH = {}['width']\n", "configs/inner_part.py")
    error = refused("configs/outer.py")
    assert error.code == "config-import"
    message("config-import", str(error).replace(str(file.parent), "DIR"))
    assert isinstance(error.__cause__, KeyError)


def test_a_file_that_is_no_python_shows_where(classic, message):
    file = classic.write("def load(:\n", "configs/broken.py")
    error = refused("configs/broken.py")
    message("config-import-broken", str(error).replace(str(file.parent), "DIR"))


def test_a_library_that_is_missing_is_the_files_mistake(classic):
    classic.write("import tensrflow\n", "configs/any.py")
    error = refused("configs/any.py")
    assert error.code == "config-import"
    assert "No module named 'tensrflow'" in str(error)


def test_what_load_itself_raises_passes_through(classic):
    classic.write("def load(): raise OSError('disk')", "configs/any.py")
    with pytest.raises(OSError, match="disk"):
        forge.load("configs/any.py")
