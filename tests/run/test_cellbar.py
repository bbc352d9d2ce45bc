"""The progress bar below a notebook's cell; kernels show it in functional tests."""

from types import SimpleNamespace

from forge.observers.loop import Look
from forge.run.cellbar import CellBar


HALF = Look(step=600, start=0, total=1200, rate=40.0, time=15.0)


class Cell:
    """What a cell shows below it: outputs by id."""

    def __init__(self):
        self.outputs = {}
        self.display_pub = SimpleNamespace(publish=self.publish)

    def publish(self, data, *, transient, update):
        name = transient["display_id"]
        # An output that is not there cannot be replaced, and none is made twice.
        assert update == (name in self.outputs)
        self.outputs[name] = data


def test_one_output_is_replaced(message):
    cell = Cell()
    bar = CellBar(cell)
    bar.draw("train/3", HALF, {"loss": 0.5})
    bar.draw("train/3", HALF, {"loss": 0.25, "<b>": 1.0})
    (shown,) = cell.outputs.values()
    message("progress-cell", f"{shown['text/plain']}\n{shown['text/html']}")
    bar.clear()
    assert [*cell.outputs.values()] == [{"text/plain": ""}]


def test_a_second_loop_is_drawn_where_it_runs():
    cell = Cell()
    bar = CellBar(cell)
    bar.clear()
    assert cell.outputs == {}
    for _ in range(2):
        bar.draw("train/3", HALF, {})
        bar.clear()
    assert len(cell.outputs) == 2


def test_without_an_end_there_is_no_bar():
    cell = Cell()
    look = Look(step=73, start=0, total=None, rate=5.0, time=15.0)
    CellBar(cell).draw("train/3", look, {})
    (shown,) = cell.outputs.values()
    assert shown["text/html"] == "train/3  step 73  5/s  15.0 s"
