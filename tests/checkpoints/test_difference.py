"""Matching stored variables with living ones."""

from hypothesis import given
from hypothesis import strategies as st

from forge.checkpoints.difference import Difference, Variable, compare, match


def variables(*paths: str, shape: tuple[int, ...] = (2,)) -> list[Variable]:
    return [Variable(path, shape, "float32") for path in paths]


def test_equal_paths_match_in_any_order() -> None:
    found = match(variables("a", "b"), variables("b", "a"))
    assert found.pairs == ((0, 1), (1, 0))
    assert not found.difference


def test_explicit_numbers_are_not_taken_for_counters() -> None:
    found = match(
        variables("tower_1/k", "tower_2/k"), variables("tower_2/k", "tower_1/k")
    )
    assert found.pairs == ((0, 1), (1, 0))


def test_counters_of_a_model_made_later_do_not_matter() -> None:
    found = match(
        variables("net/dense/kernel", "net/dense_1/kernel", "seed_generator/state"),
        variables(
            "net_1/dense_1/kernel", "net_1/dense_2/kernel", "seed_generator_4/state"
        ),
    )
    assert found.pairs == ((0, 0), (1, 1), (2, 2))
    assert not found.difference


def test_counters_inside_names_of_optimizers_do_not_matter() -> None:
    found = match(
        variables("adam/net_dense_kernel_momentum", "adam/net_dense_1_kernel_momentum"),
        variables(
            "adam_3/net_2_dense_5_kernel_momentum",
            "adam_3/net_2_dense_6_kernel_momentum",
        ),
    )
    assert found.pairs == ((0, 0), (1, 1))


def test_a_model_that_was_called_matches_one_that_was_built() -> None:
    called = variables(
        "net/dense/kernel", "net/dense_1/kernel", "adam/net_dense_kernel"
    )
    built = variables("dense_4/kernel", "dense_5/kernel", "adam_2/dense_4_kernel")
    for stored, living in ((called, built), (built, called)):
        found = match(stored, living)
        assert found.pairs == ((0, 0), (1, 1), (2, 2))
        assert not found.difference


def test_positions_do_not_make_other_names_equal() -> None:
    found = match(variables("net/dense/kernel"), variables("conv/kernel"))
    assert found.difference.missing == ("conv/kernel float32[2]",)


def test_variables_of_another_shape_or_type_are_different() -> None:
    found = match(
        [Variable("a", (2,), "float32"), Variable("b", (2,), "float32")],
        [Variable("a", (3,), "float32"), Variable("b", (2,), "float16")],
    )
    assert found.pairs == ()
    assert found.difference.different == (
        "a is float32[3], saved as float32[2]",
        "b is float16[2], saved as float32[2]",
    )


def test_what_one_side_lacks_is_listed() -> None:
    found = match(variables("a", "b"), variables("b", "c"))
    assert found.difference.missing == ("c float32[2]",)
    assert found.difference.unexpected == ("a float32[2]",)
    assert found.difference.fitting == ("b",)


def test_five_of_each_are_written() -> None:
    names = tuple(f"v{i}" for i in range(7))
    assert Difference(
        missing=names, unexpected=names[:5], different=names[:1]
    ).lines() == [
        "missing from the checkpoint: v0, v1, v2, v3, v4, and 2 more",
        "unexpected in the checkpoint: v0, v1, v2, v3, v4",
        "different: v0",
    ]


paths = st.lists(
    st.sampled_from(["dense", "dense_1", "dense_2/k", "dense_9/k", "conv_1/k", "x"])
)


@given(stored=paths, living=paths)
def test_every_variable_is_matched_or_listed_once(
    stored: list[str], living: list[str]
) -> None:
    found = match(variables(*stored), variables(*living))
    left = [i for i, _ in found.pairs]
    right = [j for _, j in found.pairs]
    assert len(set(left)) == len(left)
    assert len(set(right)) == len(right)
    assert len(left) + len(found.difference.unexpected) == len(stored)
    assert len(right) + len(found.difference.missing) == len(living)


def test_paths_that_mean_the_same_on_both_sides_are_compared_as_they_are() -> None:
    def named(*found: Variable) -> dict[str, Variable]:
        return {v.path: v for v in found}

    stored = named(*variables("a_1", "b"), *variables("c", shape=(3,)))
    living = named(*variables("a_2", "b", "c"))
    assert compare(stored, living) == Difference(
        fitting=("b",),
        missing=("a_2 float32[2]",),
        unexpected=("a_1 float32[2]",),
        different=("c is float32[2], saved as float32[3]",),
    )
