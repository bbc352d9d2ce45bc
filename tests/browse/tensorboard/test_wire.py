"""What TensorBoard itself reads of what was encoded."""

import math

import pytest

from forge.browse.tensorboard.eventfile import EventFile
from forge.browse.tensorboard.wire import ending, parameters, restart, scalars


START = 1_700_000_000.0


def write(folder, *messages):
    file = EventFile(folder, START)
    file.append(messages)
    file.close()


@pytest.mark.frameworks
def test_scalars_are_read_back_and_superseded_ones_are_not(tmp_path):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    values = [1.0, float("nan"), -2.5, float("inf"), 1e300, 7]
    write(
        tmp_path,
        *(scalars(START + n, n, {"loss": v, "ß/x": -v}) for n, v in enumerate(values)),
        restart(START + 10, 2),
        scalars(START + 11, 2, {"loss": 0.5}),
        scalars(START + 12, 3_000_000_000, {"loss": 0.25}),
    )
    board = event_accumulator.EventAccumulator(str(tmp_path))
    board.Reload()
    assert sorted(board.Tags()["scalars"]) == ["loss", "ß/x"]
    points = board.Scalars("loss")
    assert [point.step for point in points] == [0, 1, 2, 3_000_000_000]
    assert math.isnan(points[1].value)
    assert [points[k].value for k in (0, 2, 3)] == [1.0, 0.5, 0.25]
    assert [p.wall_time for p in points] == [START, START + 1, START + 11, START + 12]
    assert [point.step for point in board.Scalars("ß/x")] == [0, 1]


@pytest.mark.frameworks
def test_parameters_and_the_end_are_read_by_the_plugin(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing import event_accumulator
    from tensorboard.plugins.hparams import metadata

    config = {"lr": 0.1, "model": "cnn", "amp": True, "n": 10**30, "sizes": [1, 2]}
    write(
        tmp_path,
        parameters(START, config, group="train/1"),
        ending(START + 60, "COMPLETED"),
    )
    board = event_accumulator.EventAccumulator(str(tmp_path))
    board.Reload()
    tags = board.summary_metadata
    started = metadata.parse_session_start_info_plugin_data(
        tags["_hparams_/session_start_info"].plugin_data.content
    )
    assert started.group_name == "train/1"
    assert started.start_time_secs == START
    told = {name: value.WhichOneof("kind") for name, value in started.hparams.items()}
    assert told == {
        "lr": "number_value",
        "model": "string_value",
        "amp": "bool_value",
        "n": "string_value",
        "sizes": "string_value",
    }
    assert started.hparams["lr"].number_value == 0.1
    ended = metadata.parse_session_end_info_plugin_data(
        tags["_hparams_/session_end_info"].plugin_data.content
    )
    assert (ended.status, ended.end_time_secs) == (1, START + 60)


def test_numbers_too_large_for_single_precision_are_infinite():
    assert scalars(0.0, 1, {"x": 1e300}) == scalars(0.0, 1, {"x": math.inf})
    assert scalars(0.0, 1, {"x": -1e300}) == scalars(0.0, 1, {"x": -math.inf})
