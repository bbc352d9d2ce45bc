"""Everything about one run."""

from runfolders import make_run

from forge.browse.describing import described
from forge.browse.source import Source


def test_names_are_those_of_filters(tmp_path) -> None:
    make_run(
        tmp_path,
        config={"lr": 0.123456},
        summary={
            "loss": {
                "last": 0.5,
                "step": 3,
                "min": 0.25,
                "min_step": 2,
                "max": 1,
                "max_step": 1,
                "n": 3,
            }
        },
        result=0.5,
        status="FAILED",
    )
    source = Source([tmp_path])
    (row,) = source.find().rows
    (found,) = source.index.documents([row])
    people = dict(described(row, found, people=True))
    assert people["status"] == "✗  FAILED"
    assert people["config.lr"] == "0.1235"
    assert people["summary.loss"] == "0.5 @ 3   min 0.25 @ 2   max 1 @ 1   n 3"
    programs = dict(described(row, found, people=False))
    assert programs["status"] == "FAILED"
    assert programs["config.lr"] == "0.123456"
    assert programs["result"] == "0.5"
    for name in programs:
        if name not in ("path", "result") and not name.endswith("mean"):
            assert source.find(f"{name} is defined").matching == 1, name
