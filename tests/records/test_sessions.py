"""The config of a run as its sessions changed it."""

from runfolders import make_run

from forge.records.record import Record
from forge.records.sessions import components_at, config_at, lineage_at, sessions_until


def test_what_a_resume_gave_anew_counts_from_its_checkpoint_on(tmp_path) -> None:
    began = {"started": "2026-11-01T12:00:00+00:00"}
    longer = {"resumed": 20, "changes": {"steps": {"old": 20, "new": 40}}}
    slower = {"resumed": 40, "changes": {"lr": {"old": 0.1, "new": 0.01}}}
    folder = make_run(
        tmp_path,
        config={"lr": 0.1, "steps": 20, "git_commit": "f00"},
        sessions=[began, began | longer, began | slower],
    )
    record = Record.read(folder)
    assert config_at(record) == {"lr": 0.01, "steps": 40}
    assert config_at(record, 40) == {"lr": 0.1, "steps": 40}
    assert config_at(record, 20) == {"lr": 0.1, "steps": 20}
    assert [len(sessions_until(record, step)) for step in (20, 40, None)] == [1, 2, 3]


def test_what_belongs_to_a_component_goes_with_it(tmp_path) -> None:
    began = {"started": "2026-11-01T12:00:00+00:00"}
    fact = {"path": "model", "kind": "model", "module": "train", "qualname": "f"}
    changes = {
        "model": {"old": "mlp", "new": "cnn"},
        "model.width": {"old": 1, "new": 2},
    }
    later = {"resumed": 20, "changes": changes, "components": [fact | {"name": "cnn"}]}
    folder = make_run(
        tmp_path,
        config={"model": "mlp", "model.width": 1, "model.depth": 3, "models": 4},
        components=[fact | {"name": "mlp"}],
        sessions=[began, began | later, began | {"resumed": 30}],
    )
    record = Record.read(folder)
    assert config_at(record) == {"model": "cnn", "model.width": 2, "models": 4}
    assert config_at(record, 20)["model.depth"] == 3
    names = [components_at(record, step)[-1].name for step in (20, 21, None)]
    assert names == ["mlp", "cnn", "cnn"]


def test_what_came_from_other_runs_is_that_of_its_session(tmp_path) -> None:
    began = {"started": "2026-11-01T12:00:00+00:00"}
    first, second = ({"kind": "component", "run": f"/r/train/{n}"} for n in (1, 2))
    folder = make_run(
        tmp_path,
        lineage={"base": first},
        sessions=[
            began,
            began | {"resumed": 20, "lineage": {"base": second}},
            began | {"resumed": 30},
            began | {"resumed": 40, "lineage": {}},
        ],
    )
    record = Record.read(folder)
    runs = [lineage_at(record, step) for step in (20, 30, 40, 50, None)]
    assert [{k: v.run for k, v in found.items()} for found in runs] == [
        {"base": "/r/train/1"},
        {"base": "/r/train/2"},
        {"base": "/r/train/2"},
        {},
        {},
    ]
