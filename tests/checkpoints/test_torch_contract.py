"""Objects of PyTorch pass the contract of adapters."""

from collections.abc import Mapping
from typing import Any

import pytest

from forge.testing import CheckpointerContract


def scheduled(model: Any, optimizer: Any) -> dict[str, Any]:
    """Make a second optimizer, and a schedule of two for the first."""
    import torch

    parts = [
        torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=2),
        torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9),
    ]
    return {
        "second": torch.optim.SGD(model.parameters(), 0.01, momentum=0.9),
        "sequence": torch.optim.lr_scheduler.SequentialLR(optimizer, parts, [2]),
    }


@pytest.mark.frameworks
class TestTorch(CheckpointerContract):
    adapter = "torch"
    cases = ("tied", "optimizers", "half", "large", "tensors", "empty", "lazy")

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        import torch
        from torch import nn

        torch.manual_seed(seed)
        if case == "tensors":
            kinds = (torch.complex128, torch.bool, torch.uint8, torch.float8_e5m2)
            made = {f"t{i}": torch.rand(2, 3).to(k) for i, k in enumerate(kinds)}
            none = torch.zeros(0, 3, dtype=torch.bfloat16)
            return made | {"none": none, "g": torch.Generator().manual_seed(seed)}
        if case == "empty":
            model = nn.Sequential(nn.ReLU(), nn.BatchNorm1d(2))
            model.register_buffer("none", torch.zeros(0, 3))
            return {"model": model, "optimizer": torch.optim.Adam(model.parameters())}
        if case == "lazy":
            model = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d())
            return {"model": model}
        width = 1024 if case == "large" else 8
        layers = [nn.Embedding(16, width), nn.Linear(width, width), nn.Dropout(0.5)]
        model = nn.Sequential(*layers, nn.BatchNorm1d(width), nn.Linear(width, 16))
        if case == "tied":
            model[4].weight = model[0].weight
        if case == "half":
            model.bfloat16()
        if case == "large":
            model.extend([nn.Linear(16, 400_000), nn.Linear(400_000, 2)])
        optimizer = torch.optim.AdamW(model.parameters(), 0.01, amsgrad=True)
        found: dict[str, Any] = {"model": model, "optimizer": optimizer}
        return found | (scheduled(model, optimizer) if case == "optimizers" else {})

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        import torch

        if case == "tensors":
            objects["t0"].mul_(2)
            return {k: v for k, v in objects.items() if k != "g"}, torch.rand(
                2, generator=objects["g"]
            )
        model = objects["model"]
        x = (
            torch.rand(4, 2)
            if case in ("empty", "lazy")
            else torch.randint(0, 16, (4,))
        )
        loss = model(x).float().square().mean()
        if case not in ("empty", "lazy"):
            for name in ("optimizer", "second"):
                if name in objects:
                    objects[name].zero_grad()
            loss.backward()
            for name in ("optimizer", "second", "sequence"):
                if name in objects:
                    objects[name].step()
        return loss.detach(), dict(model.state_dict())

    @staticmethod
    def misfit(case: str) -> dict[str, Any] | None:
        import torch

        made = TestTorch.make(case, 3)
        if case in ("tensors", "lazy"):
            return None
        other = torch.nn.Linear(3, 3, dtype=torch.float16)
        return made | {"model": other}
