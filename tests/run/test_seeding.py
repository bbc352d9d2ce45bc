"""Seeds of paths, and libraries that follow them."""

import random
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.run.seeding import path_seed, seed_all, stop_seeding


def run(code):
    """Run code in a fresh process and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_seed_of_a_path_never_changes():
    assert path_seed(0, "") == 1564165529
    assert path_seed(7, "model") == 44721901
    assert path_seed(7, "model.encoder") == 53520506


@given(st.integers(), st.text())
def test_every_library_accepts_every_path_seed(seed, path):
    assert 0 <= path_seed(seed, path) < 2**31


def test_seeding_repeats_random_numbers():
    seed_all(3)
    first = random.random()
    seed_all(3)
    stop_seeding()
    assert random.random() == first


def test_numpy_repeats_its_numbers_whether_imported_before_or_after():
    later, before, again = run(
        """
        from forge.run.seeding import seed_all
        import sys
        seed_all(5)
        assert "numpy" not in sys.modules
        import numpy
        print(numpy.random.rand())
        seed_all(5)
        print(numpy.random.rand())
        seed_all(6)
        seed_all(5)
        print(numpy.random.rand())
        """
    )
    assert later == before == again


def test_after_the_end_a_library_imported_later_is_left_alone():
    code = """
        from forge.run.seeding import seed_all, stop_seeding
        seed_all(5)
        stop_seeding()
        import numpy
        print(numpy.random.rand())
        """
    assert run(code) != run(code)


def test_an_import_in_the_middle_does_not_repeat_random_numbers():
    first, second = run(
        """
        from forge.run.seeding import seed_all
        import random
        seed_all(5)
        print(random.random())
        import numpy
        print(random.random())
        """
    )
    assert first != second


def test_showing_progress_does_not_change_random_numbers():
    with_rich, without = (
        run(
            f"""
            from forge.run.seeding import seed_all
            import random
            seed_all(5)
            {imports}
            print(random.random())
            """
        )
        for imports in ("import rich.progress", "pass")
    )
    assert with_rich == without


@pytest.mark.frameworks
def test_keras_and_tensorflow_repeat_their_numbers_whenever_imported():
    late, early = (
        run(
            f"""
            from forge.run.seeding import seed_all
            {imports}
            seed_all(5)
            import tensorflow as tf
            print(*tf.random.uniform([2]).numpy())
            import keras
            print(*tf.random.uniform([2]).numpy())
            print(*keras.ops.convert_to_numpy(keras.random.normal([2])))
            dense = keras.layers.Dense(1)
            dense.build([1, 2])
            print(*dense.kernel.numpy().ravel())
            """
        )
        for imports in ("", "import keras, tensorflow")
    )
    assert late == early
    assert len(set(late)) == len(late) == 8
