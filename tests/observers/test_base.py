"""Tests of the events and the protocol."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import forge
from forge.observers.base import (
    Added,
    Completed,
    Event,
    Failed,
    Heartbeat,
    Interrupted,
    Logged,
    Noted,
    Observer,
    Printed,
    Saved,
    Started,
)
from forge.records.layout import RunLayout
from forge.records.runfile import ErrorFact, RunFile
from forge.records.status import Status


RUN = RunFile(uid="u", name="train", number=3, status=Status.RUNNING)

EVENTS: list[Event] = [
    Started(layout=RunLayout(Path("results/train/3")), run=RUN, flags={"lr": 0.1}),
    Logged(500, 12.25, {"loss": 0.31}),
    Printed("text\n"),
    Saved(500, Path("results/train/3/checkpoints/500")),
    Added("artifact", "plot.png", Path("plot.png")),
    Noted("note", "a note"),
    Heartbeat(10.0),
    Completed("2026-11-20T23:00:00+00:00", 12.3, {"accuracy": 0.9}),
    Failed("2026-11-20T23:00:00+00:00", 12.3, ErrorFact(type="ValueError")),
    Interrupted("2026-11-20T23:00:00+00:00", 12.3, "timeout"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_frozen(event: Event) -> None:
    field = event.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(event, field, None)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_can_be_sent_to_another_process(event: Event) -> None:
    assert pickle.loads(pickle.dumps(event)) == event
    assert copy.deepcopy(event) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_can_be_told_apart_by_match(event: Event) -> None:
    match event:
        case Started(run=run):
            assert run.number == 3
        case Logged(step=step, metrics={"loss": loss}):
            assert (step, loss) == (500, 0.31)
        case Failed(error=error):
            assert error.type == "ValueError"
        case _:
            assert not isinstance(event, Started | Logged | Failed)


def test_defaults_are_not_shared_between_events() -> None:
    one, two = (Started(layout=RunLayout(Path()), run=RUN, flags={}) for _ in range(2))
    assert one.manifest == two.manifest == {}
    assert one.manifest is not two.manifest


def test_any_object_with_receive_is_an_observer() -> None:
    class Mine:
        receive: Callable[[Event], None] = print

    assert isinstance(Mine(), Observer)
    assert not isinstance(object(), Observer)


def test_every_field_of_an_event_is_documented() -> None:
    for event in EVENTS:
        doc = type(event).__doc__ or ""
        for field in msgspec.structs.fields(event):
            assert f"        {field.name}:" in doc.replace("\n    ", "\n        ")


def test_the_package_is_the_door_for_those_who_write_observers() -> None:
    for name in forge.observers.__all__:
        assert getattr(forge.observers, name) is not None
    assert forge.observers.Logged is Logged
    assert forge.observers.Event is Event
    assert {*forge.observers.__all__} <= {*dir(forge.observers)}
    with pytest.raises(AttributeError, match="no attribute 'Loged'"):
        _ = forge.observers.Loged
