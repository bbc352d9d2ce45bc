"""The small experiment of the benchmarks, written for Hydra."""

from dataclasses import dataclass, field
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import MISSING


@dataclass
class Digits:
    """Parameters of the dataset."""

    path: str = "data"
    test_fraction: float = 0.2


@dataclass
class Mlp:
    """Parameters of the model."""

    hidden: list[int] = field(default_factory=lambda: [128, 64])
    dropout: float = 0.1


@dataclass
class Small(Mlp):
    """Parameters of a small model."""

    hidden: list[int] = field(default_factory=lambda: [8])


@dataclass
class Train:
    """Parameters of the experiment."""

    defaults: list[Any] = field(
        default_factory=lambda: ["_self_", {"dataset": "digits"}, {"model": "mlp"}]
    )
    dataset: Any = MISSING
    model: Any = MISSING
    batch_size: int = 32
    learning_rate: float = 1e-3
    steps: int = 1000


store = ConfigStore.instance()
store.store(name="train", node=Train)
store.store(group="dataset", name="digits", node=Digits)
store.store(group="model", name="mlp", node=Mlp)
store.store(group="model", name="small", node=Small)


@hydra.main(version_base=None, config_name="train")
def main(config):
    """Build both parts and stop."""
    data = {"batch_size": config.batch_size, "n_classes": 10}
    return len([*config.model.hidden, data["n_classes"], config.model.dropout])


if __name__ == "__main__":
    main()
