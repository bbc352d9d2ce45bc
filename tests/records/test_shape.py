"""Lines of metrics that hold the same names."""

from msgspec import UNSET

from forge.records.shape import Shape


def test_columns_of_lines_that_are_alike() -> None:
    shape = Shape(("step", "time", "a b"))
    lines = b'{"step":1,"time":0.5,"a b":1}\n{"a b":2.5,"step":2,"time":1}\n'
    assert shape.columns(lines) == {"step": [1, 2], "time": [0.5, 1], "a b": [1, 2.5]}


def test_nothing_where_they_are_not() -> None:
    shape = Shape(("step", "time", "loss"))
    for line in (
        b'{"step":1,"time":0.5}\n',
        b'{"step":1,"time":0.5,"loss":1,"more":2}\n',
        b'{"step":1,"time":0.5,"loss":"NaN"}\n',
        b'{"step":1.5,"time":0.5,"loss":1}\n',
        b'{"step":1,"time":0.5,"loss":true}\n',
        b"{half\n",
    ):
        assert shape.columns(line) is None, line
    assert Shape(("step", "loss")).columns(b"{}\n") is None
    assert Shape(()).columns(b"{}\n") is None
    assert Shape(("time", 'a"b')).columns(b'{"time":1,"a\\"b":1}\n') is None


def test_lines_may_lack_names() -> None:
    shape = Shape(("step", "time", "loss", "accuracy"), ragged=True)
    lines = b'{"step":1,"time":0.5,"loss":1}\n{"time":1,"accuracy":2}\n'
    assert shape.columns(lines) == {
        "step": [1, UNSET],
        "time": [0.5, 1],
        "loss": [1, UNSET],
        "accuracy": [UNSET, 2],
    }
    assert shape.columns(b'{"step":1,"time":0.5,"f1":1}\n') is None


def test_numbers_are_taken_off_when_they_are_asked_for() -> None:
    shape = Shape(("step", "time", "loss"))
    lines = b"".join(b'{"step":%d,"time":0.5,"loss":%d}\n' % (n, -n) for n in range(5))
    columns = shape.sparing(lines)
    assert columns is not None
    steps = columns["step"]
    assert (len(steps), steps[-1], steps[1:3]) == (5, 4, [1, 2])
    assert [*reversed(steps)] == [4, 3, 2, 1, 0]
    assert columns["loss"][:] == [0, -1, -2, -3, -4]
    assert shape.sparing(b"{half\n") is None
