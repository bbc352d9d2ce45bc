"""PyTorch: the next step after a restore is the one that would have come."""

import copy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.adapters import adapter_for, has_state, is_same
from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks

TRAIN = """
import hashlib, random, sys
from pathlib import Path
import torch
from torch import nn
from forge.checkpoints.manager import Checkpoints

folder, seed, start, stop = sys.argv[1], *map(int, sys.argv[2:5])
torch.manual_seed(seed)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(16, 8)
        self.body = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.4))
        self.narrow = nn.Linear(8, 8, dtype=torch.bfloat16)
        self.head = nn.Linear(8, 16, bias=False)
        self.head.weight = self.embed.weight
    def forward(self, x):
        x = self.body(self.embed(x))
        return self.head(x + self.narrow(x.bfloat16()).float())

model = Net()
kinds = [torch.optim.AdamW, torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop]
more = {"amsgrad": True}, {"momentum": 0.9, "nesterov": True}, {}, {"centered": True}
optimizers = [k(model.parameters(), 0.01, **m) for k, m in zip(kinds, more)]
optimizer = optimizers[0]
schedulers = [
    torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20),
    torch.optim.lr_scheduler.MultiStepLR(optimizers[1], [2, 7, 7]),
    torch.optim.lr_scheduler.OneCycleLR(optimizers[2], 0.1, total_steps=30),
    torch.optim.lr_scheduler.ReduceLROnPlateau(optimizers[3]),
]
generator = torch.Generator().manual_seed(seed)
scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)
ema = torch.zeros(3)
objects = dict(model=model, generator=generator, scaler=scaler, ema=ema)
objects |= {f"optimizer{i}": o for i, o in enumerate(optimizers)}
objects |= {f"scheduler{i}": s for i, s in enumerate(schedulers)}
saved = Checkpoints(Path(folder))
step = saved.restore(objects) if start else 0
assert step == start

def digest():
    state = [*model.state_dict().values(), ema]
    state += [v for o in optimizers for s in o.state_dict()["state"].values()
              for v in s.values() if torch.is_tensor(v)]
    whole = b"".join(t.detach().reshape(-1).view(torch.uint8).numpy() for t in state)
    rest = [s.state_dict() for s in schedulers], scaler.state_dict()
    return hashlib.sha256(whole).hexdigest(), rest

if start:
    print("at", step, digest())
while step < stop:
    x = torch.randint(0, 16, (32,), generator=generator)
    for o in optimizers:
        o.zero_grad()
    loss = nn.functional.cross_entropy(model(x), x)
    scaler.scale(loss).backward()
    for o in optimizers:
        scaler.step(o)
    scaler.update()
    for s in schedulers:
        s.step(*([float(loss)] if "Plateau" in type(s).__name__ else []))
    ema.mul_(0.9).add_(loss.detach())
    step += 1
    if step == 5:
        saved.save(step, objects)
        print("at", step, digest())
print("end", float(loss), digest(), torch.rand(1).item(), random.random())
"""


@pytest.fixture(name="torch")
def _torch() -> Any:
    import torch

    return torch


def test_training_goes_on_bit_for_bit_in_another_process(
    tmp_path: Path, lines: Callable[..., list[str]]
) -> None:
    """Tied weights, bfloat16, BatchNorm, Dropout, AdamW, schedulers and a scaler."""
    whole = lines(TRAIN, tmp_path, 3, 0, 9)
    assert lines(TRAIN, tmp_path, 4, 5, 9) == whole
    tied = Checkpoints(tmp_path).folder_of(5) / "model"
    text = (tied / "tree.json").read_text()
    # What is one memory is stored once.
    assert text.count('"state/embed.weight"') == 2


def test_what_a_module_does_not_have_is_listed(
    saved: Checkpoints, torch: Any, message: Callable[[str, str], None]
) -> None:
    nn = torch.nn
    saved.save(1, {"model": nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))})
    other = nn.Sequential(nn.Linear(3, 4).half(), nn.Linear(4, 3), nn.BatchNorm1d(3))
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(ForgeError) as found:
        saved.restore({"model": other})
    text = str(found.value).replace(str(saved.folder), "DIR")
    message("checkpoint-mismatch-torch", text)
    assert all(torch.equal(before[k], v) for k, v in other.state_dict().items())


def test_partial_takes_what_fits(saved: Checkpoints, torch: Any) -> None:
    nn = torch.nn
    first = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    saved.save(1, {"model": first})
    second = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5))
    found = saved.restored({"model": second}, partial=True)
    assert found.differences["model"].fitting == ("0.weight", "0.bias")
    assert torch.equal(first[0].weight, second[0].weight)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda t, p: t.optim.SGD(p, 0.1), "it is SGD, saved as Adam"),
        (lambda t, p: t.optim.Adam(p[:1]), "group 0 parameter 1 parameter[4]"),
        (
            lambda t, p: t.optim.Adam([p[0], p[0].new_zeros(5)]),
            "group 0 parameter 1 is parameter[5], saved as parameter[4]",
        ),
    ],
    ids=["class", "count", "shape"],
)
def test_an_optimizer_of_something_else_is_refused(
    saved: Checkpoints, torch: Any, change: Any, text: str
) -> None:
    """PyTorch itself takes all of them, and fails steps later."""
    layer = torch.nn.Linear(3, 4)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    saved.save(1, {"optimizer": optimizer})
    other = change(torch, list(layer.parameters()))
    with pytest.raises(ForgeError, match="does not fit optimizer") as found:
        saved.restore({"optimizer": other})
    assert text in str(found.value)
    assert not other.state_dict()["state"]


def test_wrappers_are_looked_through(saved: Checkpoints, torch: Any) -> None:
    layer = torch.nn.Linear(3, 4)
    compiled = torch.compile(layer, backend="eager")
    parallel = torch.nn.DataParallel(torch.nn.Linear(3, 4))
    assert is_same(compiled, layer)
    assert is_same(torch.nn.DataParallel(compiled), layer)
    assert not is_same(parallel, layer)
    saved.save(1, {"model": compiled})
    saved.restore({"model": parallel})
    assert torch.equal(parallel.module.weight, layer.weight)


def test_a_lazy_module_is_built_by_a_restore(
    saved: Checkpoints, torch: Any, message: Callable[[str, str], None]
) -> None:
    lazy = torch.nn.LazyLinear(4)
    assert not adapter_for(lazy).built(lazy)
    with pytest.raises(ForgeError) as found:
        saved.save(1, {"model": lazy})
    message("checkpoint-unbuilt-torch", str(found.value))
    layer = torch.nn.Linear(3, 4)
    saved.save(1, {"model": layer})
    saved.restore({"model": lazy})
    assert torch.equal(lazy.weight, layer.weight)


def test_a_class_of_a_user_that_refuses_leaves_everything_as_it_was(
    saved: Checkpoints, torch: Any
) -> None:
    class Strict(torch.nn.Linear):
        limit = 10.0

        def get_extra_state(self) -> Any:
            return {"limit": self.limit}

        def set_extra_state(self, state: Any) -> None:
            if state["limit"] < 0:
                raise ValueError("a limit is never negative")
            self.limit = state["limit"]

    strict, history = Strict(2, 2), [1]
    strict.limit = 3.0
    saved.save(1, {"model": strict, "history": history})
    other = Strict(2, 2)
    saved.restore({"model": other, "history": history})
    assert other.limit == 3.0
    strict.limit = -1.0
    saved.save(2, {"model": strict, "history": history})
    before = copy.deepcopy(other.state_dict())
    history[0] = 9
    with pytest.raises(ValueError, match="never negative"):
        saved.restore({"model": other, "history": history})
    assert history == [9]
    assert torch.equal(before["weight"], other.weight)


@pytest.mark.parametrize(
    "kind",
    ["float8_e4m3fn", "bfloat16", "complex64", "complex128", "bool", "uint16", "int64"],
)
def test_tensors_of_every_type_come_back(
    saved: Checkpoints, torch: Any, kind: str
) -> None:
    dtype = getattr(torch, kind)
    parts = {
        "whole": torch.tensor([[0, 1, 2], [3, 0, 1]]).to(dtype),
        "turned": torch.tensor([[0, 1, 2], [3, 0, 1]]).to(dtype).T,
        "one": torch.tensor(1).to(dtype),
        "none": torch.zeros((0, 3), dtype=dtype),
    }
    saved.save(1, parts | {"held": {"a": [parts["whole"]], 1: parts["one"]}})
    empty = {name: torch.zeros_like(t) for name, t in parts.items()}
    held: dict[Any, Any] = {"a": [torch.zeros_like(parts["whole"])]}
    inner = held["a"][0]
    saved.restore(empty | {"held": held})
    for name, tensor in parts.items():
        assert empty[name].dtype == dtype
        assert torch.equal(empty[name].to(torch.complex64), tensor.to(torch.complex64))
    assert held[1].dtype == dtype
    assert held["a"][0] is inner
    assert torch.equal(inner.to(torch.complex64), parts["whole"].to(torch.complex64))


def test_tensors_inside_an_object_of_a_user_come_back(
    saved: Checkpoints, torch: Any
) -> None:
    class Average:
        def __init__(self) -> None:
            self.state = {"mean": torch.zeros(2), "count": 0}

        def state_dict(self) -> dict[str, Any]:
            return self.state

        def load_state_dict(self, state: dict[str, Any]) -> None:
            self.state = state

    average = Average()
    average.state = {"mean": torch.ones(2), "count": 3}
    saved.save(1, {"average": average})
    other = Average()
    saved.restore({"average": other})
    assert other.state["count"] == 3
    assert torch.equal(other.state["mean"], torch.ones(2))


@pytest.mark.parametrize("kind", ["sparse", "meta", "quantized"])
def test_tensors_without_plain_values_are_refused(
    saved: Checkpoints, torch: Any, kind: str
) -> None:
    made = {
        "sparse": lambda: torch.eye(2).to_sparse(),
        "meta": lambda: torch.zeros(2, device="meta"),
        "quantized": lambda: torch.quantize_per_tensor(
            torch.ones(2), 0.1, 0, torch.qint8
        ),
    }
    with warnings.catch_warnings():
        # PyTorch warns of tensors of these kinds as such.
        warnings.simplefilter("ignore")
        tensor = made[kind]()
    with pytest.raises(ForgeError, match="cannot hold held: a is a"):
        saved.save(1, {"held": {"a": tensor}})


def test_only_what_holds_something_has_state(torch: Any) -> None:
    assert has_state(torch.nn.Linear(1, 1))
    assert has_state(torch.optim.SGD(torch.nn.Linear(1, 1).parameters()))
    assert not has_state(torch.nn.ReLU())
    assert not has_state(torch.nn.Linear)


def test_a_snapshot_that_is_copied_does_not_follow_its_object(torch: Any) -> None:
    tensor = torch.zeros(2)
    adapter = adapter_for(tensor)
    _, kept = adapter.snapshot(tensor, copy=True)
    _, viewed = adapter.snapshot(tensor, copy=False)
    tensor += 1
    assert not kept["state"].fetch().any()
    assert np.any(viewed["state"].fetch())
