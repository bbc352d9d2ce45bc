"""Captured output, of real processes on real terminals."""

import os
import signal
import subprocess
import time
from contextlib import suppress

import pytest

from forge.run.capture import capture


def run(words, **options):
    return subprocess.run(
        words, capture_output=True, check=False, timeout=60, **options
    )


def test_everything_on_the_descriptors_is_kept_and_shown(script, out):
    done = run(
        script("""
        with capture("fd", out):
            print("python")
            print("error", file=sys.stderr)
            os.write(1, b"descriptor\\n")
            import ctypes
            ctypes.CDLL(None).puts(b"libc")
            os.system("echo shell; echo shell error >&2")
            subprocess.run([sys.executable, "-c", "print('child')"])
            sys.stdout.write("no newline")
        print("after")
        """)
    )
    assert done.returncode == 0
    kept = out.read_bytes()
    for text in (b"python", b"descriptor", b"libc", b"shell", b"child", b"no newline"):
        assert text in kept
        assert text in done.stdout
    for text in (b"error\n", b"shell error\n"):
        assert text in kept
        assert text in done.stderr
    assert b"after" not in kept
    assert done.stdout.endswith(b"after\n")


def test_the_bytes_are_kept_as_written(script, out):
    done = run(
        script("""
        with capture("fd", out):
            os.write(1, bytes(range(256)) + b"\\r50%\\r100%\\r\\n")
        """)
    )
    assert out.read_bytes() == done.stdout == bytes(range(256)) + b"\r50%\r100%\r\n"


def test_the_order_of_output_and_errors_is_kept_where_they_go_to_one_place(script, out):
    words = script("""
        with capture("fd", out):
            for i in range(200):
                os.write(1 + i % 2, b"%d\\n" % i)
        """)
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    )
    assert done.stdout.split() == out.read_bytes().split()
    assert done.stdout.split() == [b"%d" % i for i in range(200)]


def test_what_was_printed_so_far_can_be_waited_for(script, out):
    done = run(
        script("""
        with capture("fd", out) as captured:
            for i in range(100):
                sys.stdout.write("x" * 10_000 + f" {i} \\n")
                sys.stderr.write("errors")
                captured.settle()
                assert out.read_bytes().count(b"\\n") == i + 1
                assert out.read_bytes().count(b"errors") == i + 1
        """)
    )
    assert done.returncode == 0, done.stderr[-300:]


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_a_file_that_is_deleted_or_replaced_is_written_anew(script, out, message, mode):
    done = run(
        script(f"""
        with capture({mode!r}, out) as captured:
            print("one", flush=True)
            captured.look()
            captured.settle()
            out.unlink()
            print("two", flush=True)
            captured.look()
            print("three", flush=True)
            out.with_name("other").write_text("other")
            out.with_name("other").replace(out)
            captured.look()
            captured.look()
            print("four", flush=True)
        """)
    )
    assert done.returncode == 0
    assert done.stdout == b"one\ntwo\nthree\nfour\n"
    told = done.stderr.decode().replace(str(out.parent), "results/train/1")
    message("output-displaced", told.rstrip())
    kept = [line for line in out.read_text().splitlines() if line in NUMBERS]
    assert kept == NUMBERS
    assert out.with_name("output.txt.replaced").read_text() == "other"


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_a_file_that_is_emptied_is_told(script, out, message, mode):
    done = run(
        script(f"""
        with capture({mode!r}, out) as captured:
            print("x" * 2000, flush=True)
            captured.settle()
            captured.look()
            out.write_bytes(b"")
            print("two", flush=True)
            captured.settle()
            captured.look()
            captured.look()
            captured.settle()
            print("three", flush=True)
        """)
    )
    told = done.stderr.decode().replace(str(out.parent), "results/train/1")
    message("output-emptied", told.rstrip())
    # Whoever reads it later is told as well.
    assert out.read_bytes().startswith(b"two\nforge: warning: ")
    assert out.read_bytes().endswith(b"\nthree\n")


NUMBERS = ["one", "two", "three", "four"]


def test_nothing_is_written_into_a_folder_that_has_taken_the_place(script, out):
    run(
        script("""
        with capture("fd", out) as captured:
            print("one", flush=True)
            captured.settle()
            out.parent.rename(out.parent.with_name("away"))
            captured.look()
            out.parent.mkdir()
            out.write_text("another run's")
            captured.look()
        """)
    )
    assert out.read_text() == "another run's"
    assert sorted(path.name for path in out.parent.iterdir()) == ["output.txt"]


def test_a_second_session_appends(script, out):
    words = script("with capture('fd', out): print('session')")
    run(words)
    run(words)
    assert out.read_text() == "session\nsession\n"


def test_no_capture_keeps_nothing(script, out):
    done = run(script("with capture('no', out): print('shown')"))
    assert done.stdout == b"shown\n"
    assert not out.exists()


def test_a_file_that_cannot_be_opened_is_an_error_at_once(tmp_path):
    with pytest.raises(FileNotFoundError), capture("fd", tmp_path / "no/output.txt"):
        pytest.fail("the context was entered")


def test_a_megabyte_from_code_that_holds_the_interpreter_does_not_block(script, out):
    """`ctypes.PyDLL` calls keep the GIL: a thread could never drain the pipe."""
    done = run(
        script("""
        import ctypes
        libc = ctypes.PyDLL(None)
        text = ctypes.create_string_buffer(b"x" * 99 + b"\\n")
        with capture("fd", out):
            big = b"y" * 3_000_000 + b"\\n"
            assert libc.write(1, big, len(big)) == len(big)
            for _ in range(10_000):
                libc.write(2, text, 100)
        """)
    )
    assert done.returncode == 0, done.stderr[-300:]
    assert done.stdout == b"y" * 3_000_000 + b"\n"
    assert done.stderr == (b"x" * 99 + b"\n") * 10_000
    assert len(out.read_bytes()) == 4_000_001


def test_the_last_line_of_a_failing_run_is_there(script, out):
    done = run(
        script("""
        import traceback
        try:
            with capture("fd", out):
                print("step 1", end="")
                try:
                    raise ValueError("broken")
                except ValueError:
                    traceback.print_exc()
                    raise
        except ValueError:
            sys.exit(1)
        """)
    )
    assert done.returncode == 1
    # Two streams are read one after the other: which comes first is not settled.
    assert b"step 1" in out.read_bytes()
    assert b"ValueError: broken\n" in out.read_bytes()


@pytest.mark.parametrize(
    "end", ["os.kill(os.getpid(), 9)", "os._exit(3)", "os.abort()"]
)
def test_what_was_printed_before_a_kill_is_kept(script, out, end):
    done = run(
        script(f"""
        with capture("fd", out):
            for i in range(5000):
                print("line", i)
            {end}
        """)
    )
    assert done.returncode != 0
    # The pump holds the pipe that was read here, so it is gone already.
    assert out.read_bytes().endswith(b"line 4999\n")
    assert out.read_bytes() == done.stdout


def test_the_pump_ends_with_the_run(script, pumps, wait_for):
    words = script("""
        with capture("fd", out):
            print("here", flush=True)
            time.sleep(600)
        """)
    run_ = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert run_.stdout.readline() == b"here\n"
    assert len(pumps()) == 1
    run_.kill()
    run_.wait()
    run_.stdout.close()
    assert wait_for(lambda: not pumps())


def test_the_pump_is_no_child_and_survives_polite_signals(script, out, pumps):
    words = script("""
        with capture("fd", out):
            print("here", flush=True)
            try:
                print(os.wait())
            except ChildProcessError:
                print("no children", flush=True)
            time.sleep(600)
        """)
    run_ = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert run_.stdout.readline() == b"here\n"
    assert run_.stdout.readline() == b"no children\n"
    (pump,) = pumps()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        os.kill(pump, number)
    run_.send_signal(signal.SIGINT)
    assert run_.wait() != 0
    run_.stdout.close()
    assert out.read_bytes().startswith(b"here\nno children\n")


def test_a_child_that_outlives_the_run_does_not_delay_it(
    script, out, tmp_path, pumps, wait_for
):
    words = script("""
        with capture("fd", out):
            print("run")
            subprocess.Popen(["/bin/sh", "-c", "sleep 2; echo late"])
        """)
    file = tmp_path / "terminal"
    start = time.monotonic()
    with file.open("wb") as stream:
        subprocess.run(words, stdout=stream, check=True, timeout=60)
    assert time.monotonic() - start < 1.9
    assert out.read_bytes() == b"run\n"
    assert wait_for(lambda: b"late\n" in out.read_bytes())
    assert b"late\n" in file.read_bytes()
    assert wait_for(lambda: not pumps())


def test_a_fork_does_not_end_the_capture(script, out):
    done = run(
        script("""
        import warnings
        # From 3.12 on, of processes with threads, such as every run.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            with capture("fd", out):
                if os.fork() == 0:
                    print("fork", flush=True)
                    raise KeyError
                os.wait()
                print("run")
        except KeyError:
            print("fork outside", flush=True)
            os._exit(0)
        """)
    )
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == b"fork\nfork outside\nrun\n"


def test_a_reader_that_leaves_does_not_end_the_run(script, out):
    words = script("""
        with capture("fd", out):
            for i in range(20_000):
                print("line", i)
        """)
    run_ = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run_.stdout.readline() == b"line 0\n"
    run_.stdout.close()
    assert run_.wait(60) == 0
    assert run_.stderr.read() == b""
    run_.stderr.close()
    assert out.read_bytes().endswith(b"line 19999\n")


@pytest.mark.parametrize("moved", [False, True])
def test_a_killed_pump_does_not_end_the_run(
    script, out, pumps, tmp_path, message, moved
):
    """Whoever kills it, such as a system that is out of memory."""
    other = tmp_path / "other"
    words = script(f"""
        with capture("fd", out):
            print("ready", flush=True)
            if {moved}:
                os.dup2(os.open({str(other)!r}, os.O_WRONLY | os.O_CREAT), 1)
            sys.stdin.readline()
            print("after", flush=True)
            os.system("echo child")
        print("end")
        """)
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe) as run_:
        assert run_.stdout.readline() == b"ready\n"
        (pump,) = pumps()
        os.kill(pump, signal.SIGKILL)
        lines = [run_.stderr.readline().decode() for _ in range(2)]
        output, errors = run_.communicate(b"go on\n")
    assert (run_.returncode, errors) == (0, b"")
    message("capture-pump-killed", "".join(lines).rstrip("\n"))
    # What the run itself has put in the place of its output stays until the end.
    assert output == (b"end\n" if moved else b"after\nchild\nend\n")
    assert not moved or other.read_bytes() == b"after\nchild\n"


def test_a_full_disk_is_told_once_and_the_run_goes_on(script, message):
    words = script("""
        with capture("fd", out):
            for i in range(100):
                print("line", i)
        """)
    done = run([*words[:2], "/dev/full"])
    assert done.returncode == 0
    assert done.stdout.endswith(b"line 99\n")
    message("capture-disk-full", done.stderr.decode().rstrip("\n"))


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_a_process_without_output_can_be_captured(script, out, closed):
    words = script("""
        with capture("fd", out):
            os.system("echo out; echo err >&2")
        """)
    quoted = " ".join(f"'{word}'" for word in words)
    assert run(["/bin/sh", "-c", f"{quoted} {closed}"]).returncode == 0
    assert out.read_bytes() == b"out\nerr\n"


def test_no_descriptors_are_left_open(out):

    def descriptors():
        """Each open descriptor, and whether children would get it."""
        found = {}
        for fd in range(256):
            with suppress(OSError):
                found[fd] = os.get_inheritable(fd)
        return found

    before = descriptors()
    with capture("fd", out):
        inside = descriptors()
        assert {fd for fd in inside if inside[fd]} == {
            fd for fd in before if before[fd]
        }
    assert descriptors() == before
    with pytest.raises(FileNotFoundError), capture("fd", out.parent / "no" / "file"):
        pass
    assert descriptors() == before
