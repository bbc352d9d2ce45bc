"""What is found out beside the body: host, packages, repository, late imports."""

import subprocess

import pytest
from projects import TRAIN, wait_for


QUIET = {"quiet": True, "capture": "no"}


def test_host_packages_and_repository_are_recorded(project):
    def git(*words):
        subprocess.run(["git", *words], check=True, cwd=project.folder)

    project.write()
    git("init", "-q")
    git("add", "train.py")
    git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "first")
    (project.folder / "train.py").write_text("# changed\n" + TRAIN)
    project("-q", "with", "tiny")
    record = project.record()
    assert record.host.cpus >= 1
    assert record.git.dirty is True
    assert record.config["git_commit"] == record.git.commit
    assert "+# changed" in (record.dir / "git.diff").read_text()
    assert "msgspec==" in (record.dir / "requirements.txt").read_text()


def test_modules_imported_late_are_kept(project):
    project.write("VALUE = 3\n", "late.py")
    late = "    assert __import__('la' + 'te').VALUE == 3\n"
    text = TRAIN.replace("    _run.restore", f"{late}    _run.restore")
    project.write(text)
    project("-q", "with", "tiny")
    sources = project.folder / "results/train/1/sources"
    assert (sources / "late.py").read_text() == "VALUE = 3\n"
    assert '"late.py"' in (sources / "MANIFEST.json").read_text()


def test_the_heartbeat_tells_of_info_and_that_the_run_is_alive(project):
    text = TRAIN.replace(
        "    _run.restore",
        "    import time\n    _run.info['a'] = 1\n    time.sleep(60)\n    _run.restore",
    )
    fast = "import forge.run.probing\nforge.run.probing.INTERVAL = 0.1\n"
    project.write(fast + text)
    process = project.start("-q")
    folder = project.folder / "results/train/1"
    try:
        assert wait_for((folder / "info.json").exists)
        before = (folder / "run.lock").stat().st_mtime_ns
        assert wait_for(lambda: (folder / "run.lock").stat().st_mtime_ns > before)
    finally:
        process.kill()
        process.communicate()


def test_what_was_found_out_is_written_while_the_run_goes_on(project):
    text = TRAIN.replace(
        "    _run.restore", "    import time\n    time.sleep(60)\n    _run.restore"
    )
    project.write(text)
    process = project.start("-q")
    run = project.folder / "results/train/1/run.json"
    try:
        assert wait_for(lambda: run.exists() and b'"cpus"' in run.read_bytes())
        assert b"RUNNING" in run.read_bytes()
    finally:
        process.kill()
        process.communicate()


def test_nothing_is_probed_for_what_is_not_recorded(project):
    import threading

    train = project.load(TRAIN).train
    threads = threading.active_count()
    run = train.run(presets=["tiny"], record=False)
    assert run.status == "COMPLETED"
    assert threading.active_count() == threads


@pytest.mark.usefixtures("no_threads")
def test_a_run_where_no_thread_can_be_started_is_recorded(project):
    run = project.load(TRAIN).train.run(presets=["tiny"], **QUIET)
    assert run.status == "COMPLETED"
    record = project.record()
    assert record.host.cpus >= 1
    assert "msgspec==" in (record.dir / "requirements.txt").read_text()


def test_a_second_run_in_a_process_knows_as_much_at_once(project):
    train = project.load(TRAIN).train
    for _ in range(3):
        train.run(presets=["tiny"], **QUIET)
    first, *others = (project.record(f"train/{n}") for n in (1, 2, 3))
    texts = [(r.dir / "requirements.txt").read_text() for r in (first, *others)]
    assert len({*texts}) == 1
    assert all(r.host == first.host and r.git == first.git for r in others)
