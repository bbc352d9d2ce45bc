"""Values that are what they were when a run goes on."""

import pytest
from projects import TRAIN

import forge


@pytest.mark.parametrize(
    "word", ["1,2", "(1,)", "{1,2}", "{1:2}", "{'a':(1,[2])}", "inf", "nan", "[1,-inf]"]
)
def test_a_value_without_a_type_is_what_it_was(project, word):
    text = """
        import forge

        @forge.experiment
        def train(limit=None, *, _run: forge.Run):
            _run.checkpoint(step=_run.restore(x={"a": 1}) + 1, x={"a": 1})
            return repr(limit)

        if __name__ == "__main__":
            train.main()
        """
    project.write(text)
    project("with", f"limit={word}")
    first = project.record().result
    done = project("--resume")
    assert "limit was" not in done.stderr
    assert project.record().result == first
    exp = forge.Experiment.load("train/1")
    assert repr(exp.config["limit"]) == first
    exp.close()


def test_a_number_that_json_lacks_changes_only_where_it_is_given(project, message):
    text = TRAIN.replace("lr=0.5", 'lr=float("inf")')
    project.write(text)
    project("with", "tiny")
    assert "lr" not in project("--resume").stderr
    assert "lr" not in project("--resume", "with", "lr=inf").stderr
    message(
        "resumed-infinity", project("--resume", "with", "lr=2").stderr.split("\n")[0]
    )
