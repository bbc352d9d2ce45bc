"""`forge.runs`: runs as a value of Python."""

import copy
import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from runfolders import make_run

import forge
from forge.errors import ForgeError


@pytest.fixture
def root(tmp_path):
    for number in (1, 2, 3, 4):
        make_run(
            tmp_path / "results",
            number=number,
            config={"lr": number / 10, "model": ["mlp", "cnn"][number % 2], "seed": 7},
            summary={
                "accuracy": {
                    "last": 0.5,
                    "step": 9,
                    "max": 1 - number / 10,
                    "min": number / 10,
                }
            },
            goal="max accuracy",
            result={"score": number},
        )
    (tmp_path / "results/train/5").mkdir()
    (tmp_path / "results/train/5/run.json").write_text("{")
    return tmp_path / "results"


def test_a_sequence_of_records(root, message) -> None:
    runs = forge.runs(root)
    assert len(runs) == 4
    assert [record.number for record in runs] == [4, 3, 2, 1]
    assert runs[0].config["lr"] == 0.4
    assert runs["train/2"].number == 2
    with pytest.raises(ForgeError) as caught:
        runs["trian/2"]
    assert (caught.value.code, caught.value.run) == ("no-run", "trian/2")
    message("no-run-among", str(caught.value))
    assert runs[1:3].ids == ("train/3", "train/2")
    assert repr(runs[:1]) == "<Runs: 1 (train/4)>"
    assert repr(runs[:0]) == "<Runs: 0>"


def test_which_runs_are_among_them(root, monkeypatch) -> None:
    monkeypatch.chdir(root.parent)
    runs = forge.runs(root)
    assert runs[0] == runs[0] == forge.runs("results")[0]
    assert runs[0] != runs[1]
    assert len({*runs, *forge.runs(root)}) == 4
    assert runs[0] in runs
    assert runs[0] not in runs[1:]
    (root.parent / "here").mkdir()
    monkeypatch.chdir("here")
    assert forge.runs("../results")[0] in runs
    assert forge.runs("../results")[0] == runs[0]
    assert "train/1" in runs
    assert "train/9" not in runs
    assert runs.index(runs["train/2"]) == 2
    assert runs.count(runs[0]) == 1


def test_they_go_to_another_process(root, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(root.parent)
    make_run(tmp_path / "more", config={"lr": 9}, started="2020-01-01T12:00:00+00:00")
    for places in (["results"], ["results", tmp_path / "more"]):
        runs = forge.runs(*places)
        runs.diff()
        data = pickle.dumps(runs)
        with monkeypatch.context() as elsewhere:
            elsewhere.chdir("/")
            same = pickle.loads(data)
            assert same.ids == runs.ids
            assert [one.config["lr"] for one in same][:4] == [0.4, 0.3, 0.2, 0.1]
            assert same.where("lr < 0.25").ids[:2] == ("train/2", "train/1")
            assert same.unreadable[0].reason == runs.unreadable[0].reason
            assert same.to_dicts()[0]["config"] == runs.to_dicts()[0]["config"]
        assert copy.deepcopy(runs).best().number == 1


def test_a_folder_that_is_no_run_is_told_apart(root) -> None:
    (trouble,) = forge.runs(root).unreadable
    assert trouble.folder == str(root / "train/5")
    assert trouble.reason.startswith("run.json is unreadable")


def test_filters_and_orders_can_be_chained(root) -> None:
    runs = forge.runs(root)
    cnn = runs.where("model == 'cnn'")
    assert cnn.ids == ("train/3", "train/1")
    assert cnn.where("lr < 0.2").ids == ("train/1",)
    assert runs.sort("lr").where("score > 2").ids == ("train/3", "train/4")
    assert runs.sort("model,-lr").ids == ("train/3", "train/1", "train/4", "train/2")
    with pytest.raises(ForgeError, match="column 5"):
        runs.where("lr <")


def test_the_best_run_by_its_best_value(root, message) -> None:
    runs = forge.runs(root)
    assert runs.best().number == 1
    assert runs.best("accuracy", "min").number == 1
    assert runs.best("score").number == 4
    assert runs.best("lr", "min").number == 1
    with pytest.raises(ForgeError) as caught:
        runs.best("acuracy")
    message("no-metric", str(caught.value))
    with pytest.raises(ForgeError) as caught:
        runs.best("lr", "least")
    message("bad-mode", str(caught.value))


def test_nothing_is_best_of_no_runs(root, message) -> None:
    with pytest.raises(ForgeError) as caught:
        forge.runs(root)[:0].best("accuracy")
    message("no-metric-no-runs", str(caught.value))


def test_what_differs(root) -> None:
    assert forge.runs(root)[:2].diff() == {
        "lr": {"train/4": 0.4, "train/3": 0.3},
        "model": {"train/4": "mlp", "train/3": "cnn"},
    }


def test_plain_mappings(root) -> None:
    first = forge.runs(root).to_dicts()[0]
    assert first["id"] == "train/4"
    assert first["config"] == {"lr": 0.4, "model": "mlp", "seed": 7}
    assert first["result"] == {"score": 4}
    assert first["path"] == str(root / "train/4")


def test_a_frame_of_pandas(root) -> None:
    pytest.importorskip("pandas")
    make_run(
        root,
        number=6,
        config={"lr": "auto", "status": "x"},
        summary={"loss": {"last": "Infinity", "step": 1}},
    )
    frame = forge.runs(root).to_pandas()
    assert list(frame.index) == ["train/6", "train/4", "train/3", "train/2", "train/1"]
    assert frame.loc["train/3", "lr"] == 0.3
    assert frame.loc["train/6", "config.status"] == "x"
    assert frame.loc["train/6", "loss"] == math.inf
    assert frame["started"].dt.year.unique().tolist() == [2026]
    assert frame["score"].max() == 4
    assert forge.runs(root)[:0].to_pandas().empty


def test_a_notebook_shows_a_table(root) -> None:
    shown = forge.runs(root)._repr_html_()
    assert shown.startswith("<table>")
    assert "accuracy.max" in shown
    for number in range(10, 40):
        make_run(root, number=number)
    assert "20 of 34 runs" in forge.runs(root)._repr_html_()


def test_a_folder_that_is_not_there(tmp_path) -> None:
    with pytest.raises(ForgeError, match="there is no folder"):
        forge.runs(tmp_path / "nowhere")


def test_listing_imports_nothing_that_runs_need(root) -> None:
    script = (
        "import sys, forge; runs = forge.runs(sys.argv[1])"
        "; runs.where('lr > 0').sort('lr')"
        "; bad = {'wrapt', 'git', 'jsonpickle', 'numpy', 'rich', 'pandas',"
        " 'forge.registry', 'forge.run', 'forge.configuration'} & {*sys.modules}"
        "; print(len(runs), *bad)"
    )
    words = [sys.executable, "-c", script, str(root)]
    for _ in range(2):
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["4"]


def test_a_name_that_no_run_has_is_warned_of(root) -> None:
    runs = forge.runs(root)
    with pytest.warns(UserWarning, match=r"'scor'\. Did you mean score\?") as one:
        assert not runs.where("scor < 1")
    assert [Path(warning.filename).name for warning in one] == [Path(__file__).name]
    for ask in (runs.group, lambda names: runs.compare(group=names)):
        with pytest.warns(UserWarning, match=r"no run has 'lrr' to group by\.") as one:
            assert len(ask("lrr")) == 1
        assert Path(one[0].filename).name == Path(__file__).name


def test_what_is_no_text_is_refused(root, message) -> None:
    runs = forge.runs(root)
    told = []
    for ask in (
        lambda: runs.where(5),
        lambda: runs.sort(["-lr"]),
        lambda: runs.best(5),
        lambda: runs.group(["lr"]),
        lambda: runs.compare(group=["lr", "model"]),
        lambda: runs.plot(None),
        lambda: runs.plot("loss", group=True),
        lambda: runs.where(list(range(100))),
    ):
        with pytest.raises(ForgeError) as caught:
            ask()
        assert caught.value.code == "bad-option"
        told.append(str(caught.value))
    message("bad-option-no-text", "\n".join(told))
