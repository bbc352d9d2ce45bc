"""Estimators of scikit-learn, restored without running what a file says."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks


@pytest.fixture(name="wine", scope="module")
def _wine() -> Any:
    from sklearn.datasets import load_wine

    return load_wine(return_X_y=True)


def made(kind: str) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import SGDClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    return {
        "forest": lambda: RandomForestClassifier(5, random_state=0),
        "boosting": lambda: HistGradientBoostingClassifier(max_iter=5),
        "neighbours": lambda: KNeighborsClassifier(3),
        "network": lambda: MLPClassifier((4,), max_iter=20, random_state=0),
        "pipeline": lambda: make_pipeline(
            FunctionTransformer(np.log1p), StandardScaler(), SGDClassifier()
        ),
    }[kind]()


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize(
    "kind", ["forest", "boosting", "neighbours", "network", "pipeline"]
)
def test_a_fitted_estimator_comes_back(saved: Checkpoints, wine: Any, kind: str):
    first = made(kind).fit(*wine)
    folder = saved.save(1, {"model": first})
    second = made(kind)
    saved.restore({"model": second})
    assert np.array_equal(first.predict(wine[0]), second.predict(wine[0]))
    assert (folder / "model" / "estimator.skops").is_file()


def test_types_that_skops_does_not_know_are_in_the_manifest(
    saved: Checkpoints, wine: Any
) -> None:
    saved.save(1, {"model": made("forest").fit(*wine)})
    assert saved.manifest(1).objects["model"].facts == {
        "types": ["sklearn.tree._tree.Tree"]
    }


CUSTOM = """
import sys
from pathlib import Path
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from forge.checkpoints.manager import Checkpoints

class Shift(TransformerMixin, BaseEstimator):
    def fit(self, x, y=None):
        self.mean_ = x.mean(0)
        return self
    def transform(self, x):
        return x - self.mean_

from sklearn.datasets import load_wine
x, y = load_wine(return_X_y=True)
model = make_pipeline(Shift(), LogisticRegression(max_iter=10))
saved = Checkpoints(Path(sys.argv[1]))
if sys.argv[2] == "save":
    import warnings
    warnings.simplefilter("ignore")
    saved.save(1, {"model": model.fit(x, y)})
else:
    saved.restore({"model": model})
print(model.predict(x).tolist())
"""


def test_a_class_of_a_user_is_known_to_the_estimator_that_holds_it(
    saved: Checkpoints, message: Callable[[str, str], None], monkeypatch: Any
) -> None:
    def run(act: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", CUSTOM, str(saved.folder), act],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("save") == run("restore")
    from sklearn.pipeline import make_pipeline

    # Nobody here has made a Shift; the main module of this process is another one.
    monkeypatch.delenv("FORGE_TRUST", raising=False)
    for _ in range(2):
        with pytest.raises(ForgeError) as found:
            saved.restore({"model": make_pipeline("passthrough")})
    text = str(found.value).replace(str(saved.folder.parent), "RUN")
    message("checkpoint-untrusted", text)


def test_a_file_that_names_what_runs_programs_is_refused(
    saved: Checkpoints, wine: Any
) -> None:
    """Also where it stands beside types that are known."""
    folder = saved.save(1, {"model": made("forest").fit(*wine)})
    path = folder / "model" / "estimator.skops"
    for module, word in (
        ("os", "system"),
        ("sklearn.utils.fixes", "sys"),
        ("sklearn.datasets._base", "urlretrieve"),
        ("sklearn.externals._packaging.version", "Version"),
    ):
        with zipfile.ZipFile(path) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        text = parts["schema.json"].decode()
        bad = {"__class__": word, "__module__": module, "__loader__": "TypeNode"}
        schema = json.loads(text)
        schema["content"]["content"]["criterion"] = bad | {"__id__": 1}
        with zipfile.ZipFile(path, "w") as new:
            for name, data in (parts | {"schema.json": json.dumps(schema)}).items():
                new.writestr(name, data)
        from forge.checkpoints.adapters import adapter_for
        from forge.checkpoints.base import Refused, Stored

        model = made("forest")
        with pytest.raises(Refused, match=rf"{module}\.{word}"):
            adapter_for(model).prepare(model, Stored(path.parent, {}))


def test_another_estimator_is_refused(
    saved: Checkpoints, wine: Any, message: Callable[[str, str], None]
) -> None:
    saved.save(1, {"model": made("forest").fit(*wine)})
    other = made("neighbours")
    with pytest.raises(ForgeError) as found:
        saved.restore({"model": other})
    text = str(found.value).replace(str(saved.folder), "DIR")
    message("checkpoint-mismatch-sklearn", text)
    assert vars(other) == vars(made("neighbours"))


def test_what_another_process_could_not_find_is_refused_when_it_is_saved(
    saved: Checkpoints, message: Callable[[str, str], None]
) -> None:
    from sklearn.preprocessing import FunctionTransformer

    with pytest.raises(ForgeError) as found:
        saved.save(1, {"model": FunctionTransformer(lambda x: x)})
    message("checkpoint-type-sklearn", str(found.value))


def test_what_is_no_such_file_is_damaged(saved: Checkpoints) -> None:
    from forge.checkpoints.adapters import adapter_for
    from forge.checkpoints.base import Stored

    model = made("forest")
    (saved.folder / "model").mkdir(parents=True)
    (saved.folder / "model" / "estimator.skops").write_bytes(b"PK nothing")
    with pytest.raises(ForgeError, match=r"estimator\.skops cannot be read"):
        adapter_for(model).prepare(model, Stored(saved.folder / "model", {}))


def test_a_file_that_unpacks_to_more_than_it_is_is_refused(saved: Checkpoints) -> None:
    from forge.checkpoints.adapters import adapter_for
    from forge.checkpoints.base import Stored

    model = made("forest")
    (saved.folder / "model").mkdir(parents=True)
    path = saved.folder / "model" / "estimator.skops"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("schema.json", bytes(100 << 20))
    with pytest.raises(ForgeError, match="it is compressed"):
        adapter_for(model).prepare(model, Stored(saved.folder / "model", {}))


def test_without_skops_it_is_said_what_is_needed(
    saved: Checkpoints, message: Callable[[str, str], None], monkeypatch: Any
) -> None:
    model = made("forest")
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(ForgeError) as found:
        saved.save(1, {"model": model})
    message("not-installed-skops", str(found.value))
