"""Runs that go on with their own code, whatever it is today."""

from contextlib import closing

from projects import TRAIN

import forge


def test_stored_code_goes_on_with_the_runs_own(project):
    project.write()
    project("with", "seed=5", "stop_at=3", expect=1)
    project.write(TRAIN.replace("+= 1", "+= 100"))
    project("--resume", "--code", "stored", "with", "stop_at=0")
    record = project.record()
    assert record.run.sessions[1].sources == "sources"
    assert not (record.dir / "sources-2").exists()
    project.write()
    project("with", "seed=5")
    assert record.result == project.record("train/2").result


def test_a_file_of_today_is_kept_beside_the_stored_code(project):
    """What a resume takes from elsewhere is there when the run is loaded."""
    project.write()
    project("with", "seed=5", "steps=2")
    project.write(TRAIN.replace("+= 1", "+= 100"))
    net = "import forge\n\n@forge.model\ndef net(n_in):\n    return {'w': [n_in, 7]}\n"
    file = project.write(net, "net.py")
    project("--resume", "--code", "stored", "with", "model=net.py", "steps=4")
    record = project.record()
    assert record.run.sessions[1].sources == "sources-2"
    (fact,) = (c for c in record.run.sessions[1].components if c.path == "model")
    copy = record.dir / "sources-2" / fact.file
    assert copy.read_text() == net
    assert "+= 1\n" in (record.dir / "sources-2/train.py").read_text()
    with closing(forge.Experiment.load("train/1", step=2)) as exp:
        exp.run({"model": "net.py", "steps": 2}, quiet=True, capture="no")
    file.unlink()
    for run, name in (("train/1@2", "mlp"), ("train/1@4", "net"), ("train/2", "net")):
        with closing(forge.Experiment.load(run)) as exp:
            assert exp.components["model"] == name
            assert exp.model["w"]
