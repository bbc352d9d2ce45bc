import pytest

from forge.records.status import Status


@pytest.mark.parametrize("status", Status)
def test_a_status_is_its_own_name(status: Status) -> None:
    assert status == status.name == str(status)


def test_a_run_that_waits_or_runs_has_not_ended() -> None:
    assert [status for status in Status if not status.is_final] == ["QUEUED", "RUNNING"]
