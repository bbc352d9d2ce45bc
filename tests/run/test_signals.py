"""Signals that reach a script while it runs, sent to real processes."""

import signal
import time
from pathlib import Path

import pytest
from signalled import CODES, SLEEP, UP, indented


def test_a_second_signal_ends_the_process_at_once(start, ended):
    process = start(f"{UP}\nwhile True:\n    try: time.sleep(60)\n    except: pass")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == ("INTERRUPTED", "SIGTERM", 143, ())


def test_two_kinds_at_once_are_one_request(start, ended):
    process = start()
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGHUP)
    assert ended(process) in (
        ("INTERRUPTED", "SIGTERM", 143, (0,)),
        ("INTERRUPTED", "SIGHUP", 129, (0,)),
    )


def test_ctrl_c_is_not_kept_waiting(start, ended):
    process = start(GRACE="30")
    process.send_signal(signal.SIGINT)
    assert ended(process) == ("INTERRUPTED", "Ctrl-C", 130, (0,))


def test_ctrl_c_after_a_request(start, ended):
    process = start(GRACE="30")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert ended(process)[:3] == ("INTERRUPTED", "Ctrl-C", 130)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_building_is_interrupted_at_once(start, ended, number):
    process = start(building=indented(SLEEP), GRACE="30")
    process.send_signal(number)
    assert ended(process)[::2] == ("INTERRUPTED", 128 + number)


SLOW = """\
import forge.checkpoints.manager as manager
save = manager.commit
def slow(*args):
    if {first}: print("up", flush=True)
    time.sleep(1)
    return save(*args)
manager.commit = slow
"""


def test_a_checkpoint_that_is_being_saved_is_finished(start, ended):
    process = start(
        "_run.checkpoint(step=3)\ntime.sleep(60)",
        before=SLOW.format(first=True),
        GRACE="0.1",
    )
    process.send_signal(signal.SIGTERM)
    status, _, code, checkpoints = ended(process)
    assert (status, code) == ("INTERRUPTED", 143)
    assert 3 in checkpoints


def test_the_last_checkpoint_of_a_completed_run_is_finished(start, ended):
    process = start("return 1", before=SLOW.format(first=True), GRACE="0.1")
    process.send_signal(signal.SIGTERM)
    status, _, code, checkpoints = ended(process)
    assert (status, code) in {("COMPLETED", 0), ("INTERRUPTED", 143)}
    assert checkpoints == (0,)


def test_a_second_ctrl_c_gives_up_the_last_checkpoint(start, ended):
    process = start("raise KeyboardInterrupt", before=SLOW.format(first=True))
    process.send_signal(signal.SIGINT)
    assert ended(process) == ("INTERRUPTED", "Ctrl-C", 130, ())


WRITING = """\
from forge.observers.filesystem import FilesystemObserver
complete = FilesystemObserver._complete
def slow(self, event):
    print("up", flush=True)
    time.sleep(1)
    complete(self, event)
FilesystemObserver._complete = slow
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_final_state_is_written_undisturbed(start, ended, project, number):
    process = start("return 5", before=WRITING)
    process.send_signal(number)
    assert ended(process)[::2] == ("COMPLETED", 0)
    assert project.record().result == 5


def test_a_second_signal_during_the_final_state_writes_it_first(start, ended, project):
    process = start("return 5", before=WRITING)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert (project.record().status, project.record().result) == ("COMPLETED", 5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_just_beginning_is_recorded_and_ended(start, ended, number):
    before = """\
from forge.run.execution import Execution
annotate = Execution._annotate
def slow(self):
    print("up", flush=True)
    time.sleep(1)
    annotate(self)
Execution._annotate = slow
"""
    # Not after its grace: nothing has begun that could need it.
    process = start(before=before, GRACE="300")
    process.send_signal(number)
    assert ended(process)[::2] == ("INTERRUPTED", 128 + number)


def test_what_nohup_ignores_stays_ignored(start, ended):
    process = start(f"{UP}\ntime.sleep(2)", words=["nohup"])
    process.send_signal(signal.SIGHUP)
    assert ended(process)[::2] == ("COMPLETED", 0)


def test_a_function_of_the_users_is_called_first(start, ended):
    before = """\
def mine(number, frame):
    open("called", "a").write(f"{number}\\n")
signal.signal(signal.SIGTERM, mine)
"""
    process = start(before=before)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == ("INTERRUPTED", "SIGTERM", 143, (0,))
    assert Path("called").read_text(encoding="utf-8") == "15\n"


def test_a_function_of_the_users_may_exit(start, ended):
    before = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))"
    process = start(before=before)
    process.send_signal(signal.SIGTERM)
    assert ended(process)[:3] == ("INTERRUPTED", "SIGTERM", 9)


def test_a_function_installed_in_the_body_is_the_users_affair(start, ended):
    process = start(f"""\
heard = []
signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
{UP}
while not heard: time.sleep(0.01)
return heard
""")
    process.send_signal(signal.SIGTERM)
    assert ended(process)[::2] == ("COMPLETED", 0)


def test_a_signal_that_is_caught_in_c_is_left_alone(start, ended):
    before = "import faulthandler; faulthandler.register(signal.SIGUSR1)"
    process = start(f"{UP}\ntime.sleep(1)", before=before)
    process.send_signal(signal.SIGUSR1)
    assert ended(process)[::2] == ("COMPLETED", 0)
    assert "in train" in process.stderr.read()


def test_children_are_ended_by_the_signals_as_without_a_run(start, ended, project):
    process = start(f"""\
child = os.fork()
if child == 0:
    time.sleep(60)
time.sleep(0.2)
os.kill(child, signal.SIGTERM)
{UP}
return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
""")
    assert ended(process)[::2] == ("COMPLETED", 0)
    assert project.record().result == -signal.SIGTERM


def test_a_child_that_leaves_the_body_does_not_end_the_run(start, ended, project):
    process = start(f"""\
if os.fork() == 0:
    sys.exit(0)
{UP}
os.wait()
time.sleep(0.5)
assert _run.dir.joinpath("run.json").read_text().count("RUNNING")
_run.log(loss=1)
return "parent"
""")
    assert ended(process)[::2] == ("COMPLETED", 0)
    assert project.record().result == "parent"


def test_a_child_that_outlives_the_run_changes_nothing(start, ended, project):
    process = start(f"""\
if os.fork() == 0:
    time.sleep(1)
    return "child"
{UP}
return "parent"
""")
    assert ended(process)[::2] == ("COMPLETED", 0)
    time.sleep(1.5)
    assert project.record().result == "parent"


def test_a_run_inside_a_run_ends_with_it(start, ended):
    after = f"""\
@forge.experiment
def inner(*, _run):
    {UP}
    for step, _ in _run.track(range(1000)):
        time.sleep(0.05)
"""
    process = start("inner.run(record=False)", after=after)
    process.send_signal(signal.SIGTERM)
    assert ended(process)[:3] == ("INTERRUPTED", "SIGTERM", 143)


def test_a_program_that_calls_runs_is_ended_as_well(project):
    project.write(f"""\
import signal, time
import forge


@forge.experiment
def train(n=0, *, _run):
    {UP}
    for step, _ in _run.track(range(10_000)):
        time.sleep(0.01)


for n in range(3):
    train.run({{"n": n}})
""")
    process = project.start()
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out) == (143, "")
    assert "Traceback" not in error
    assert project.runs() == ["1"]


def test_signals_are_as_before_when_the_run_is_over(project):
    module = project.load(
        "import forge\n\n\n@forge.experiment\ndef idle(n=0):\n    return n\n"
    )
    before = {number: signal.getsignal(number) for number in CODES}
    module.idle.run()
    assert {number: signal.getsignal(number) for number in CODES} == before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_in_another_thread_leaves_signals_alone(project):
    import threading

    module = project.load(
        "import forge, signal\n\n\n@forge.experiment\n"
        "def idle(n=0):\n    return str(signal.getsignal(signal.SIGTERM))\n"
    )
    found = []
    thread = threading.Thread(target=lambda: found.append(module.idle.run().result))
    thread.start()
    thread.join()
    assert found == [str(signal.SIG_DFL)]
