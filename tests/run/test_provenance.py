"""Commits, machines and packages, asked of real ones."""

import os
import shutil
import sys
import time
from importlib.metadata import distributions

import pytest

from forge.run import provenance
from forge.run.provenance import Probes, host, packages, process_started


def test_packages_are_those_that_imports_find(tmp_path, monkeypatch):
    for folder, version in (("first", "2.0+cpu"), ("second", "1.0")):
        info = tmp_path / folder / f"My_Thing-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: My.Thing\nVersion: {version}\n")
        egg = tmp_path / folder / "old.egg-info"
        egg.mkdir()
        (egg / "PKG-INFO").write_text("Name: old-style\nVersion: 0.1\n")
        (tmp_path / folder / "broken.egg-info").mkdir()
    monkeypatch.setattr(
        sys, "path", [str(tmp_path / "first"), str(tmp_path / "second"), *sys.path]
    )
    found = packages()
    assert found.count("My_Thing==2.0+cpu") == 1
    assert "My_Thing==1.0" not in found
    assert "old-style==0.1" in found
    assert any(line.startswith("pytest==") for line in found)
    folders = [d for d in distributions() if "Name" in d.metadata]
    assert len(found) >= len({d.name.lower() for d in folders}) - 1


def test_the_machine_is_described():
    machine = host()
    assert machine.name == os.uname().nodename
    assert machine.system.startswith(os.uname().sysname)
    assert machine.cpu
    assert machine.cpus >= 1
    assert machine.memory > 2**28


def test_the_start_of_the_process_is_known():
    import psutil

    assert process_started() == pytest.approx(psutil.Process().create_time(), abs=1.5)
    assert process_started() == pytest.approx(process_started(), abs=0.05)


def test_probes_tell_each_fact_as_it_is_known(repository):
    (repository / "train.py").write_text("changed\n")
    probes = Probes(repository)
    told = list(probes.facts())
    assert probes.wait(60)
    assert [what for what, _, _ in told] == ["git", "requirements", "host"]
    assert told[0][1:] == (probes.git, probes.diff)
    assert probes.git.dirty
    assert probes.host == told[2][1]
    assert probes.requirements == packages()


def test_what_cannot_be_found_out_hinders_nothing_else(repository, monkeypatch, capfd):
    def fail():
        raise OSError("no space")

    monkeypatch.setattr(provenance, "packages", fail)
    probes = Probes(repository)
    assert [what for what, _, _ in probes.facts()] == ["git", "host"]
    assert probes.requirements == []
    assert capfd.readouterr() == ("", "")


def test_probes_do_not_delay_the_start(repository, monkeypatch, tmp_path):
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    real = shutil.which("git")
    slow.write_text(f'#!/bin/sh\nsleep 1\nexec {real} "$@"\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    start = time.perf_counter()
    probes = Probes(repository)
    assert time.perf_counter() - start < 0.9  # git itself takes a second
    assert not probes.wait(0.01)
    assert probes.wait(60)
    assert probes.git.commit
