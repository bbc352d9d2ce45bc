"""Iterations that say where they stand."""

import pytest

from forge.checkpoints.iterations import (
    dataset_of,
    is_exact,
    is_tensorflow,
    iteration_state,
    iterator_at,
    pass_over,
)


class Source:
    """Says where it is; its iterators do not."""

    def __init__(self, at=0):
        self.at = at

    def __iter__(self):
        while self.at < 9:
            self.at += 1
            yield self.at

    def state_dict(self):
        return {"at": self.at}

    def load_state_dict(self, state):
        self.at = state["at"]


class Steps:
    """Has iterators that say where they are."""

    def __iter__(self):
        return Step()


class Step:
    """Such an iterator."""

    def __init__(self):
        self.at = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.at += 1
        return self.at

    def get_state(self):
        return self.at

    def set_state(self, state):
        self.at = state


@pytest.mark.parametrize("kind", [Source, Steps])
def test_a_source_or_its_iterator_says_where_it_is(kind):
    source = kind()
    iterator = iter(source)
    taken = [next(iterator) for _ in range(4)]
    state = iteration_state(source, iterator)
    other = iterator_at(kind(), state)
    assert [*taken, next(other), next(other)] == [1, 2, 3, 4, 5, 6]


def test_most_say_nothing():
    assert iteration_state([1, 2], iter([1, 2])) is None


def test_a_state_that_has_no_plain_form_is_none():
    source = Source()
    source.at = object()
    assert iteration_state(source, iter(())) is None


def test_a_source_that_cannot_say_now_is_borne():
    class Early(Source):
        def state_dict(self):
            raise RuntimeError("not begun")

    assert iteration_state(Early(), iter(())) is None


def test_nothing_is_of_tensorflow_without_it():
    assert not is_tensorflow([1])
    assert dataset_of(iter([1])) is None


@pytest.mark.frameworks
def test_pipelines_without_chance_say_where_they_are():
    import tensorflow as tf

    def made():
        return tf.data.Dataset.range(6).map(lambda x: x + 1).batch(2).repeat()

    source = made()
    iterator = iter(source)
    assert is_tensorflow(source)
    assert is_exact(source)
    assert dataset_of(iterator) is source
    taken = [next(iterator).numpy().tolist() for _ in range(4)]
    other = iterator_at(made(), iteration_state(source, iterator))
    taken.append(next(other).numpy().tolist())
    assert taken == [[1, 2], [3, 4], [5, 6], [1, 2], [3, 4]]


@pytest.mark.frameworks
def test_pipelines_with_chance_do_not():
    import tensorflow as tf

    shuffled = tf.data.Dataset.range(6).shuffle(6).batch(2).prefetch(1)
    assert not is_exact(shuffled)
    assert iteration_state(shuffled, iter(shuffled)) is None


@pytest.mark.frameworks
@pytest.mark.parametrize("shuffles", [1, 2])
def test_earlier_epochs_are_drawn_again_without_being_read(shuffles):
    import tensorflow as tf

    def made():
        tf.random.set_seed(5)
        found = tf.data.Dataset.range(8)
        for _ in range(shuffles):
            found = found.shuffle(8)
        return found

    source = made()
    epochs = [[int(x) for x in source] for _ in range(4)]
    other = made()
    pass_over(other, 3)
    assert [int(x) for x in other] == epochs[3]
