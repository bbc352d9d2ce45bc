"""Learning rates of PyTorch: what is given anew wins over what was saved."""

from typing import Any

import pytest


pytestmark = pytest.mark.frameworks


@pytest.fixture(name="made")
def _made() -> Any:
    import torch

    layer = torch.nn.Linear(2, 2)

    def made(*rates: float) -> Any:
        parts = [layer.weight], [layer.bias]
        groups = zip(parts, rates, strict=True)
        return torch.optim.SGD([{"params": p, "lr": r} for p, r in groups])

    return made


def rates(optimizer: Any) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


def test_what_was_reached_goes_on_if_nothing_is_given_anew(saved, made):
    optimizer = made(0.5, 0.1)
    saved.check_objects({"optimizer": optimizer})  # as at the start of a fresh run
    optimizer.param_groups[0]["lr"] = 0.25
    saved.save(1, {"optimizer": optimizer})
    again = made(0.5, 0.1)
    found = saved.restored({"optimizer": again})
    assert rates(again) == [0.25, 0.1]
    assert found.notes == ()


def test_what_is_given_anew_wins(saved, made, message):
    optimizer = made(0.5, 0.1)
    saved.check_objects({"optimizer": optimizer})
    optimizer.param_groups[0]["lr"] = 0.25
    saved.save(1, {"optimizer": optimizer})
    other = made(0.05, 0.1)
    found = saved.restored({"optimizer": other})
    assert rates(other) == [0.05, 0.1]
    message("note-learning-rate-torch", found.notes[0])


def test_a_schedule_goes_on_and_that_is_said(saved, made, message):
    import torch

    def scheduled(*given: float) -> dict[str, Any]:
        optimizer = made(*given)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
        return {"optimizer": optimizer, "scheduler": scheduler}

    first = scheduled(0.5, 0.5)
    saved.check_objects(first)
    first["optimizer"].step()
    first["scheduler"].step()
    saved.save(1, first)
    second = scheduled(0.1, 0.1)
    found = saved.restored(second)
    assert rates(second["optimizer"]) == [0.25, 0.25]
    message("note-learning-rate-schedule", found.notes[0])
