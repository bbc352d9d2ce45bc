"""Runs side by side, as a value of Python."""

import pytest
from runfolders import make_run

import forge
from forge.errors import ForgeError


@pytest.fixture
def runs(tmp_path):
    for number in (1, 2, 3):
        make_run(
            tmp_path,
            number=number,
            config={"lr": 0.1 * (1 + number // 3), "seed": number, "same": "<b>"},
            summary={"loss": {"last": number / 4, "step": 1}},
        )
    return forge.runs(tmp_path)


def test_what_differs(runs, message) -> None:
    found = runs[1:].compare()
    assert found.to_dicts()[0] == {"key": "config.seed", "train/2": 2, "train/1": 1}
    shown = repr(found)
    message("compare-runs", shown[: shown.index("started")])
    assert "<td>config.seed</td><td>2</td><td>1</td>" in found._repr_html_()
    assert len(found) == len(found.to_dicts()) == 4
    assert len(runs[1:].compare(every=True)) > 4
    assert "&lt;b&gt;" in runs.compare(every=True)._repr_html_()


def test_one_run_differs_from_none(runs) -> None:
    assert repr(runs[:1].compare()) == "nothing differs"
    assert "nothing differs" in runs[:1].compare()._repr_html_()


def test_groups(runs, message) -> None:
    found = runs.compare(group="all but seed")
    message("compare-groups", repr(found))
    one, other = found.to_dicts()
    assert (one["n"], other["n"], other["loss.mean"]) == (1, 2, 0.375)
    assert len(runs.compare(group="lr")) == 2


def test_a_frame_of_pandas(runs) -> None:
    pytest.importorskip("pandas")
    frame = runs.compare().to_pandas()
    assert frame.loc["config.seed"].to_dict() == {
        "train/3": 3,
        "train/2": 2,
        "train/1": 1,
    }
    assert list(runs.compare(group="lr").to_pandas()["n"]) == [1, 2]


def test_more_than_fit_next_to_each_other(tmp_path, message) -> None:
    for number in range(1, 52):
        make_run(tmp_path, number=number)
    runs = forge.runs(tmp_path)
    with pytest.raises(ForgeError) as caught:
        runs.compare()
    message("bad-option-compare-runs", str(caught.value))
    assert len(runs.compare(group="all but seed")) == 1
