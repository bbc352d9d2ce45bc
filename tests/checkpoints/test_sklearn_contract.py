"""Estimators of scikit-learn pass the contract of adapters."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from forge.testing import CheckpointerContract


@pytest.mark.frameworks
class TestSklearn(CheckpointerContract):
    adapter = "sklearn"
    cases = ("incremental", "pipeline", "forest", "fresh")

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import SGDClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        made: dict[str, Any] = {
            "incremental": lambda: SGDClassifier(random_state=seed),
            "pipeline": lambda: make_pipeline(StandardScaler(), SGDClassifier()),
            "forest": lambda: RandomForestClassifier(3, random_state=seed),
            "fresh": lambda: StandardScaler(with_mean=seed == 1),
        }
        return {"model": made[case]()}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        from sklearn.datasets import load_wine

        x, y = load_wine(return_X_y=True)
        model = objects["model"]
        if case == "incremental":
            model.partial_fit(x, y, classes=np.unique(y))
        elif case == "fresh":
            return model.with_mean
        elif not hasattr(model, "classes_"):
            model.fit(x, y)
        return model.predict(x)

    @staticmethod
    def misfit(case: str) -> dict[str, Any] | None:
        from sklearn.neighbors import KNeighborsClassifier

        return {"model": KNeighborsClassifier()}
