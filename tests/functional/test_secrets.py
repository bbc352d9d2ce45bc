"""Passwords and keys, given to a run, and looked for in everything that it leaves."""

import json

import forge


SCRIPT = """\
import forge


@forge.dataset
def remote(url="https://host/data", api_key="", n=3):
    return {"xs": list(range(n)), "n_in": n, "token": api_key}


@forge.model
def mlp(n_in, token, pad_token="[PAD]"):
    return {"w": [0] * n_in, "token": token}


@forge.experiment
def train(dataset, model, password=None, fail_at=0, *, _run: forge.Run):
    _run.restore(model=model)
    for step, x in _run.track(dataset["xs"], stop=2):
        _run.log(loss=1 / step)
        _run.checkpoint(model={"w": model["w"]})
        if step == fail_at:
            raise ValueError("stopped")
    return [len(password or ""), len(dataset["token"])]


if __name__ == "__main__":
    train.main()
"""

WORDS = (
    "with",
    "password=hunter2",
    "dataset.api_key=opens-everything",
    "url=https://me:hunter2@host/data",
)
SECRETS = (b"hunter2", b"opens-everything")


def found_in(project):
    """The files of the results that hold a secret."""
    return [
        path.name
        for path in (project.folder / "results").rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in SECRETS)
    ]


def test_what_opens_something_is_used_and_not_written_down(project):
    project.write(SCRIPT)
    project("--quiet", *WORDS)
    record = project.record()
    assert record.result == [7, 16]
    assert found_in(project) == []
    assert record.config["password"] == "***"
    assert record.config["dataset.url"] == "https://me:***@host/data"
    assert record.config["model.pad_token"] == "[PAD]"
    assert record.run.argv[1:] == (
        "--quiet",
        "with",
        "password=***",
        "dataset.api_key=***",
        "url=https://me:***@host/data",
    )
    assert json.loads(record.layout.run.read_bytes())["sessions"][0]["argv"][3] == (
        "password=***"
    )


def test_a_loaded_run_takes_what_was_not_written_down_from_the_code(project):
    project.write(SCRIPT)
    project("--quiet", *WORDS)
    exp = forge.Experiment.load("train/1", step=None)
    assert (exp.config["password"], exp.dataset["token"]) == (None, "")
    assert exp.config["dataset.url"] == "https://host/data"
    exp.close()
    given = {"dataset.api_key": "opens-everything"}
    with_key = forge.Experiment.load("train/1", step=None, config=given)
    assert with_key.dataset["token"] == "opens-everything"
    with_key.close()


def test_a_resumed_run_is_given_them_again_and_writes_none_of_them(project, message):
    project.write(SCRIPT)
    project("--quiet", *WORDS, "fail_at=1", expect=1)
    done = project("--resume", "with", "password=hunter2", "fail_at=0")
    notes = [line for line in done.stderr.splitlines() if "note" in line]
    message("note-masked", "\n".join(notes))
    record = project.record()
    assert found_in(project) == []
    assert {*record.run.sessions[1].changes} == {"fail_at"}
