"""What stored code disturbs while it is imported, and what is left of it."""

import logging
import os
import random
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest


def test_the_working_directory_comes_back(runs, tmp_path):
    sources = runs({"train.py": "import os\nos.chdir('/')\nthere = os.getcwd()"})
    assert sources.import_module("train").there == "/"
    assert Path.cwd() == tmp_path


def test_a_working_directory_that_is_gone_is_no_reason_to_fail(runs, tmp_path):
    sources = runs({"train.py": "import os\nos.chdir('/')", "more.py": ""})
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    sources.import_module("train")
    os.chdir(tmp_path)


def test_the_import_path_comes_back(runs):
    path, before = sys.path, [*sys.path]
    code = "import sys\nsys.path.insert(0, '..')\nimport model\nsys.path = ['x']"
    runs({"train.py": code, "model.py": ""}).import_module("train")
    assert sys.path is path
    assert path == before


def test_warning_filters_come_back(runs):
    before = [*warnings.filters]
    code = "import warnings\nwarnings.simplefilter('ignore')\nwarnings.warn('quiet')"
    runs({"train.py": code}).import_module("train")
    assert [*warnings.filters] == before
    with pytest.raises(UserWarning):
        warnings.warn("loud", stacklevel=1)


def test_the_root_logger_comes_back(runs):
    root = logging.getLogger()
    before, level = [*root.handlers], root.level
    code = "import logging\nlogging.basicConfig(level=1, force=True)\nlogging.info('x')"
    runs({"train.py": code}).import_module("train")
    assert root.handlers == before
    assert root.level == level


def test_random_states_come_back(runs):
    code = """
        import random
        import numpy as np
        random.seed(0)
        np.random.seed(0)
        drawn = random.random(), np.random.rand()
        """
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002 - the state that all share
    expected = random.random(), np.random.rand()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    assert runs({"train.py": code}).import_module("train").drawn != expected
    assert (random.random(), np.random.rand()) == expected  # noqa: NPY002


def test_what_fails_leaves_nothing_behind_either(runs, tmp_path):
    sources = runs({"train.py": "import os\nos.chdir('/')\n1 / 0"})
    with pytest.raises(ZeroDivisionError):
        sources.import_module("train")
    assert Path.cwd() == tmp_path


def test_modules_that_import_each_other_see_what_the_other_changed(runs, tmp_path):
    files = {
        "train.py": "import setting\nimport os\nassert os.getcwd() == '/'",
        "setting.py": "import os\nos.chdir('/')",
    }
    runs(files).import_module("train")
    assert Path.cwd() == tmp_path


def test_imports_of_several_threads_put_back_how_it_was_before_the_first(
    runs, tmp_path
):
    code = "import os, time\nos.chdir('/')\ntime.sleep(0.02)"
    sources = runs({f"part{i}.py": code for i in range(4)})
    threads = [
        threading.Thread(target=sources.import_module, args=(f"part{i}",))
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Path.cwd() == tmp_path


def test_no_framework_is_imported_for_it(runs):
    folder, _ = runs.store({"train.py": "import random"})
    code = f"""
        import sys
        from pathlib import Path
        from forge.rebuild.isolated import StoredSources
        from forge.rebuild.form import read_manifest
        folder = Path({str(folder)!r})
        StoredSources(folder, read_manifest(folder)).import_module("train")
        heavy = {{"numpy", "keras", "tensorflow", "torch", "git", "jsonpickle"}}
        print(sorted(heavy & {{*sys.modules}}))
        """
    words = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


LAYER = """
    import keras

    @keras.saving.register_keras_serializable()
    class Twice(keras.layers.Layer):
        version = {version}
        def call(self, x):
            return {version} * x

    def net():
        return keras.Sequential([keras.Input((2,)), Twice(), keras.layers.Dense(1)])
    """


@pytest.mark.frameworks
def test_keras_finds_no_class_of_a_stored_module_by_name(runs):
    import keras

    table = keras.saving.get_custom_objects()
    own = type("Own", (keras.layers.Layer,), {})
    keras.saving.register_keras_serializable()(own)
    before = {**table}
    one = runs({"model.py": LAYER.format(version=2)}, number=1)
    two = runs({"model.py": LAYER.format(version=3)}, number=2)
    first, second = one.import_module("model"), two.import_module("model")
    assert table == before
    assert first.Twice.version == 2
    assert second.Twice.version == 3
    with one.activated():
        assert table["Custom>Twice"] is first.Twice
        with two.activated():
            assert table["Custom>Twice"] is second.Twice
        assert table["Custom>Twice"] is first.Twice
    assert table == before
    del table["Custom>Own"]


@pytest.mark.frameworks
def test_models_of_two_versions_predict_beside_each_other(runs):
    one = runs({"model.py": LAYER.format(version=2)}, number=1).import_module("model")
    two = runs({"model.py": LAYER.format(version=3)}, number=2).import_module("model")
    first, second = one.net(), two.net()
    second.set_weights(first.get_weights())
    x = np.ones((1, 2), "float32")
    a, b = first.predict(x, verbose=0), second.predict(x, verbose=0)
    assert np.allclose(3 * a, 2 * b)


@pytest.mark.frameworks
def test_seeds_of_keras_and_tensorflow_come_back(runs):
    import keras
    import tensorflow as tf

    code = """
        import keras, tensorflow as tf
        keras.utils.set_random_seed(0)
        tf.random.uniform([])
        keras.random.uniform([])
        """

    def drawn():
        return float(tf.random.uniform([])), float(keras.random.uniform([]))

    keras.utils.set_random_seed(5)
    expected = [drawn() for _ in range(3)]
    keras.utils.set_random_seed(5)
    actual = [drawn()]
    runs({"train.py": code}).import_module("train")
    actual += [drawn(), drawn()]
    assert actual == expected
