import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from forge.records.processes import Process, this_process


DESCRIBER = """
import dataclasses, json
from forge.records.processes import this_process
print(json.dumps(dataclasses.asdict(this_process())), flush=True)
input()
"""


@pytest.fixture(name="other")
def _other():
    """A process of this machine that lives, and what it says of itself."""
    words = [sys.executable, "-c", DESCRIBER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as process:
        yield process, Process(**json.loads(process.stdout.readline()))
        process.kill()


def test_this_process_exists_and_is_this_one():
    here = this_process()
    assert (here.pid, here.host) == (os.getpid(), os.uname().nodename)
    assert here.exists()
    assert here.is_this_one()
    assert not here.is_elsewhere()
    assert not here.is_of_another_boot()
    assert not here.is_of_another_namespace()


def test_another_process_exists_until_it_is_killed(other):
    process, facts = other
    assert facts.exists()
    assert not facts.is_this_one()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    # It is a zombie now, whose number is still taken.
    os.kill(process.pid, 0)
    assert not facts.exists()
    process.wait()
    assert not facts.exists()


def test_a_later_process_with_the_same_number_is_another(other):
    _, facts = other
    assert facts.started is not None
    assert not replace(facts, started=facts.started - 1).exists()
    assert replace(facts, started=None).exists()


def test_a_process_of_another_user_exists():
    assert Process(pid=1).exists()


@pytest.mark.parametrize("pid", [None, 0, -1, 2**22 + 1, 2**31, 2**70])
def test_numbers_of_no_process(pid):
    assert not Process(pid=pid).exists()


def test_a_container_of_this_machine_is_not_elsewhere():
    inside = replace(this_process(), host="container", namespace="pid:[1]")
    assert not inside.is_elsewhere()
    assert inside.is_of_another_namespace()


def test_another_machine_is_elsewhere():
    assert replace(this_process(), host="far", boot="b").is_elsewhere()
    assert Process(pid=1, host="far").is_elsewhere()
    assert not Process(pid=1).is_elsewhere()


def test_a_machine_that_was_started_anew():
    assert replace(this_process(), boot="earlier").is_of_another_boot()
    assert not Process(pid=1).is_of_another_boot()
