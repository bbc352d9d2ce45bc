"""Which of some runs is best, and by what."""

from runfolders import make_run

import forge


def test_the_best_run_is_not_the_one_with_the_greatest_parameter(tmp_path) -> None:
    for number in (1, 2, 3):
        make_run(
            tmp_path,
            number=number,
            config={"f1": number, "loss": "mse"},
            summary={
                name: {"last": value, "step": 1, "min": value, "max": value}
                for name, value in (("f1", 1 / number), ("loss", number), ("q", number))
            },
            result={"error_rate": number},
            goal="max f1" if number < 3 else "min loss",
        )
    runs = forge.runs(tmp_path)
    assert runs.where("number < 3").best().number == 1
    assert runs.where("number < 3").best("f1").number == 1
    assert runs.best().number == 1
    assert runs.best("config.f1").number == 3


def test_the_end_of_a_metric_that_is_best_is_read_from_its_name(tmp_path) -> None:
    for number in (1, 2):
        make_run(
            tmp_path,
            number=number,
            config={"mae": number},
            summary={
                name: {"last": number, "step": 1, "min": number, "max": number}
                for name in ("val_loss", "recall")
            },
            result={"error_rate": number},
        )
    runs = forge.runs(tmp_path)
    assert runs.best("val_loss").number == 1
    assert runs.best("summary.val_loss").number == 1
    assert runs.best("val_loss", "max").number == 2
    assert runs.best("recall").number == 2
    assert runs.best("error_rate").number == 1
    # A parameter is nothing that was reached.
    assert runs.best("mae").number == 2
