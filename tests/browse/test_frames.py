"""Tables of pandas."""

import pytest
from runfolders import make_run

from forge.browse.collection import runs


def test_names_that_mean_two_things_have_their_section_before_them(tmp_path) -> None:
    pytest.importorskip("pandas")
    make_run(
        tmp_path,
        config={"loss": "mse", "label": "x", "n": None},
        summary={"loss": {"last": 0.5, "step": 1}},
        result=0.25,
        annotations={"tags": ["a"], "star": True},
    )
    row = runs(tmp_path).to_pandas().iloc[0]
    assert (row["loss"], row["summary.loss"], row["config.label"]) == ("mse", 0.5, "x")
    assert row["result"] == 0.25
    assert row["tags"] == ["a"]
    assert row["star"]
