"""Curves of several runs in one picture."""

import sys

import pytest
from runfolders import make_run

import forge
from forge.browse.plots import Band, band, draw
from forge.errors import ForgeError
from forge.records.metrics import Series


class Axes:
    """Notes what is drawn, as the axes of matplotlib are called."""

    def __init__(self) -> None:
        self.drawn: dict[str, list] = {}

    def __getattr__(self, name: str):
        def call(*words, **more) -> None:
            self.drawn.setdefault(name, []).append((words, more))

        return call


def series(*points: tuple[int, float]) -> Series:
    steps, values = zip(*points, strict=True)
    return Series("loss", steps, tuple(map(float, steps)), values)


def test_mean_and_deviation_where_two_have_a_value() -> None:
    one, other = series((1, 1.0), (2, 2.0), (3, 9.0)), series((2, 4.0), (1, 3.0))
    assert band([one, other]) == Band((1, 2), (2.0, 3.0), (2**0.5, 2**0.5))
    assert band([one]) == Band((1, 2, 3), (1.0, 2.0, 9.0), (0.0, 0.0, 0.0))


def test_a_band_is_drawn_for_several_runs_only() -> None:
    axes = Axes()
    assert (
        draw("loss", {"a": [series((1, 1.0))] * 2, "b": [series((1, 2.0))]}, axes)
        is axes
    )
    assert [more["label"] for _, more in axes.drawn["plot"]] == ["a", "b"]
    assert len(axes.drawn["fill_between"]) == 1


@pytest.fixture
def runs(tmp_path):
    for number in range(1, 5):
        make_run(
            tmp_path,
            number=number,
            config={"lr": number % 2, "seed": number},
            metrics=[{"step": 1, "time": 1, "loss": number}] if number < 4 else [],
        )
    return forge.runs(tmp_path)


def test_runs_are_drawn_alone_or_in_groups(runs) -> None:
    alone, together = Axes(), Axes()
    runs.plot("loss", ax=alone)
    labels = [more["label"] for _, more in alone.drawn["plot"]]
    assert labels == ["train/3", "train/2", "train/1"]
    runs.plot("loss", group="all but seed", ax=together)
    labels = [more["label"] for _, more in together.drawn["plot"]]
    assert labels == ["lr=0", "lr=1"]
    assert together.drawn["plot"][1][0] == ((1,), (2.0,))
    with pytest.raises(ForgeError, match="none of 4 runs"):
        runs.plot("los", ax=alone)


def test_without_matplotlib_it_says_what_to_install(runs, monkeypatch) -> None:
    # As Python itself marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        runs.plot("loss")
    assert caught.value.__notes__ == ["Plots need matplotlib: pip install matplotlib"]
