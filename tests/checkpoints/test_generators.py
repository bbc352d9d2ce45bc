"""Random generators found in objects, read and set."""

import random

import numpy as np
import pytest

from forge.checkpoints.generators import (
    generator_state,
    generators_in,
    set_generator_state,
)
from forge.checkpoints.tree import read_tree, write_tree


class Data:
    """Holds generators here and there."""

    def __init__(self):
        self.rng = np.random.default_rng(1)
        self.inner = {"old": np.random.RandomState(2), "list": [random.Random(3)]}
        self.again = self


def test_generators_are_found_by_the_path_that_leads_to_them():
    data = Data()
    found = generators_in(data)
    assert found == {
        "rng": data.rng,
        "inner.old": data.inner["old"],
        "inner.list.0": data.inner["list"][0],
    }
    assert generators_in(data.rng) == {"": data.rng}
    assert generators_in([1, 2]) == {}


DRAWS = {
    "rng": lambda g: g.random(3).tolist(),
    "inner.old": lambda g: g.rand(3).tolist(),
    "inner.list.0": lambda g: [g.random() for _ in range(3)],
}


def test_a_state_outlives_its_process(tmp_path):
    before = generators_in(Data())
    for path, generator in before.items():
        DRAWS[path](generator)
    states = {path: generator_state(g) for path, g in before.items()}
    write_tree(states, tmp_path)
    expected = {path: DRAWS[path](g) for path, g in before.items()}
    after = generators_in(Data())
    for path, state in read_tree(tmp_path).items():
        set_generator_state(after[path], state)
    assert {path: DRAWS[path](g) for path, g in after.items()} == expected


@pytest.mark.frameworks
def test_a_generator_of_pytorch(tmp_path):
    import torch

    generator = torch.Generator().manual_seed(3)
    torch.rand(3, generator=generator)
    write_tree({"state": generator_state(generator)}, tmp_path)
    expected = torch.rand(3, generator=generator).tolist()
    other = generators_in({"a": [torch.Generator()]})["a.0"]
    set_generator_state(other, read_tree(tmp_path)["state"])
    assert torch.rand(3, generator=other).tolist() == expected
