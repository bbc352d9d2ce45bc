"""How runs are drawn."""

from forge.browse.report.palette import COLOURS, DASHES, strokes


def test_a_run_keeps_its_colour_whatever_stands_beside_it():
    (alone,) = strokes(["train/3"])
    among = strokes(["train/1", "train/2", "train/3"])
    assert among[2].colour == alone.colour
    assert alone.dash == ""


def test_runs_of_one_colour_have_different_dashes():
    found = strokes([f"train/{n}" for n in range(12)])
    assert len({*found}) == 12
    assert {stroke.colour for stroke in found} <= {*COLOURS}
    assert {stroke.dash for stroke in found} <= {*DASHES}


def test_any_name_has_a_colour():
    assert len(strokes(["", "\udcff/1", "ü" * 10_000])) == 3
