"""Stored code in the hands of PyTorch: scripted, compiled, loaded by workers."""

import random
import shutil
import warnings

import pytest


pytestmark = pytest.mark.frameworks

NET = """
    from __future__ import annotations
    import functools
    from typing import Optional

    import torch
    from torch import Tensor, nn

    import scaling
    from scaling import scaled

    def traced(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            inner.calls += 1
            return function(*args, **kwargs)
        inner.calls = 0
        return inner

    class Net(nn.Module):
        def __init__(self, n: int = 2) -> None:
            super().__init__()
            self.linear = nn.Linear(n, n)

        def forward(self, x: Tensor, extra: Optional[Tensor] = None) -> Tensor:
            x = scaled(self.linear(x))
            if extra is not None:
                x = x + extra
            return torch.relu(x)

    def clipped(x: Tensor, limit: float = 1.0) -> Tensor:
        return scaled(x).clamp(max=limit)

    @traced
    def lazily(x: Tensor) -> Tensor:
        import scaling as again
        return again.FACTOR * x
    """
SCALING = """
    import torch
    from torch import Tensor

    FACTOR = {factor}

    def scaled(x: Tensor) -> Tensor:
        return {factor}.0 * x
    """
DATA = """
    import torch

    class Numbers(torch.utils.data.Dataset):
        def __init__(self, n):
            self.n = n
        def __len__(self):
            return self.n
        def __getitem__(self, i):
            import scaling
            return scaling.FACTOR * i

    def batch(items):
        from scaling import FACTOR
        return torch.tensor(items), FACTOR
    """


def files(factor):
    scaling = SCALING.format(factor=factor)
    return {"net.py": NET, "scaling.py": scaling, "data.py": DATA}


@pytest.fixture(name="two")
def _two(runs, today):
    """Two runs with versions of their own, beside a project of today's."""
    today(dict.fromkeys(files(0), "raise SystemExit"))
    return runs(files(2), number=1), runs(files(3), number=2)


def test_functions_and_modules_can_be_scripted(two):
    import torch

    x = torch.tensor([0.25, -1.0])
    for sources, factor in zip(two, (2, 3), strict=True):
        net = sources.import_module("net")
        with warnings.catch_warnings():
            # Newer versions call it deprecated.
            warnings.simplefilter("ignore")
            clipped, model = torch.jit.script(net.clipped), torch.jit.script(net.Net())
        assert clipped(x).tolist() == [factor * 0.25, -factor]
        assert model(x, torch.ones(2)).shape == (2,)


@pytest.mark.parametrize("backend", ["eager", "inductor"])
def test_functions_and_modules_can_be_compiled(two, backend):
    import torch

    if backend == "inductor" and not shutil.which("g++"):
        pytest.skip("needs a compiler of C++")
    x = torch.tensor([[0.25, -1.0]])
    for sources, factor in zip(two, (2, 3), strict=True):
        net = sources.import_module("net")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = net.Net()
            compiled = torch.compile(model, backend=backend)
            assert torch.allclose(compiled(x), model(x))
            clip = torch.compile(net.clipped, backend=backend)
            assert clip(x).tolist() == [[factor * 0.25, -factor]]
            late = torch.compile(net.lazily, backend=backend)
            assert late(x).tolist() == [[factor * 0.25, -factor]]
    torch.compiler.reset()


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_workers_of_a_data_loader_import_from_the_run(two, method):
    import torch

    for sources, factor in zip(two, (2, 3), strict=True):
        data = sources.import_module("data")
        loader = torch.utils.data.DataLoader(
            data.Numbers(4),
            batch_size=2,
            num_workers=1,
            collate_fn=data.batch,
            multiprocessing_context=method,
        )
        with warnings.catch_warnings():
            # JAX, where another test has imported it, warns of every fork.
            warnings.simplefilter("ignore")
            batches = [(items.tolist(), by) for items, by in loader]
        assert batches == [([0, factor], factor), ([2 * factor, 3 * factor], factor)]


def test_a_module_goes_to_another_process_and_back(two):
    import io
    import pickle

    import torch

    net = two[0].import_module("net")
    model = net.Net()
    again = pickle.loads(pickle.dumps(model))
    assert type(again) is net.Net
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    again.load_state_dict(torch.load(file, weights_only=True))


def test_the_generator_of_pytorch_comes_back(runs):
    import torch

    torch.manual_seed(5)
    expected = torch.rand(2).tolist()
    torch.manual_seed(5)
    before = random.getstate()
    code = "import torch\ntorch.manual_seed(0)\ndrawn = torch.rand(2)"
    assert runs({"train.py": code}).import_module("train").drawn.tolist() != expected
    assert torch.rand(2).tolist() == expected
    assert random.getstate() == before
