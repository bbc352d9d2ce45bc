"""What a signal makes of the body of a run, in real processes."""

import signal
import time

import pytest
from projects import wait_for
from signalled import CODES, SLEEP, UP


@pytest.mark.parametrize("number", CODES)
def test_a_run_ends_after_the_step_that_it_logs(start, ended, project, number):
    process = start(f"""\
{UP}
for step in range(1, 1000):
    model["w"][0] = step
    time.sleep(0.02)
    _run.log(step=step, loss=0.5)
    model["w"][0] += 0.5
""")
    assert wait_for(lambda: len(project.record().metrics) > 0)
    process.send_signal(number)
    status, reason, code, checkpoints = ended(process)
    assert (status, reason, code) == ("INTERRUPTED", number.name, 128 + number)
    # What was measured last is what was saved, though nobody had asked for it.
    assert checkpoints == (project.record().metrics["loss"].steps[-1],)
    assert project.record().run.sessions[-1].status == "INTERRUPTED"


def test_a_step_that_is_tracked_is_finished(start, ended, project):
    process = start(f"""\
{UP}
for step, _ in _run.track(range(1000)):
    _run.log(step=step, begun=1)
    time.sleep(0.3)
    model["w"][0] = step
    _run.log(step=step, done=1)
""")
    assert wait_for(lambda: "done" in project.record().metrics)
    process.send_signal(signal.SIGTERM)
    status, _, code, checkpoints = ended(process)
    assert (status, code) == ("INTERRUPTED", 143)
    metrics = project.record().metrics
    assert metrics["begun"].steps == metrics["done"].steps
    assert checkpoints == (metrics["done"].steps[-1],)


def test_a_step_that_takes_too_long_ends_where_it_logs(start, ended):
    process = start("""\
for epoch, _ in _run.track(range(10)):
    for batch in range(100_000):
        _run.log(loss=batch)
        time.sleep(0.02)
        if batch == 5: print("up", flush=True)
""")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert ended(process)[:3] == ("INTERRUPTED", "SIGTERM", 143)
    assert time.monotonic() - began > 0.8


@pytest.mark.parametrize(
    "body",
    [
        f"{UP}\ntime.sleep(60)",
        f"{UP}\nwhile True: pass",
        f"{UP}\nsubprocess.run(['sleep', '60'])",
    ],
)
def test_a_body_that_calls_nothing_is_interrupted(start, ended, body):
    process = start(body)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == ("INTERRUPTED", "SIGTERM", 143, (0,))


def test_it_has_five_seconds(start, ended):
    process = start(GRACE="5")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert ended(process)[:3] == ("INTERRUPTED", "SIGTERM", 143)
    assert 4.9 < time.monotonic() - began < 30


def test_a_body_that_is_logging_elsewhere_ends_in_the_main_thread(start, ended):
    process = start(f"""\
def work():
    while True:
        _run.log(loss=1)
        time.sleep(0.02)
threading.Thread(target=work, daemon=True).start()
{SLEEP}
""")
    process.send_signal(signal.SIGTERM)
    assert ended(process)[:3] == ("INTERRUPTED", "SIGTERM", 143)


def test_a_body_that_asks_may_end_by_itself(start, ended, project):
    process = start(f"""\
{UP}
while not _run.stopping:
    time.sleep(0.01)
return "early"
""")
    process.send_signal(signal.SIGUSR1)
    assert ended(process)[:3] == ("INTERRUPTED", "SIGUSR1", 138)


def test_a_body_that_returns_without_asking_has_completed(start, ended, project):
    process = start(f"{UP}\ntime.sleep(0.5)\nreturn 7", GRACE="5")
    process.send_signal(signal.SIGTERM)
    assert ended(process)[::2] == ("COMPLETED", 0)


def test_a_body_that_goes_on_after_the_request_is_interrupted_all_the_same(
    start, ended
):
    process = start(f"""\
try:
    {UP}; time.sleep(60)
except BaseException:
    pass
return 1
""")
    process.send_signal(signal.SIGTERM)
    assert ended(process)[:3] == ("INTERRUPTED", "SIGTERM", 143)
