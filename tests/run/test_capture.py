"""Captured output, of real processes on real terminals."""

import fcntl
import io
import logging
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest

from forge.run.capture import capture


PRELUDE = """
import os, signal, subprocess, sys, time
from pathlib import Path
from forge.run.capture import capture
out = Path(sys.argv[1])
"""


@pytest.fixture
def out(tmp_path):
    return tmp_path / "a 0; é" / "output.txt"


@pytest.fixture
def script(tmp_path, out):
    """Write a script and return the words that start it."""
    out.parent.mkdir()

    def write(body):
        file = tmp_path / "script.py"
        file.write_text(PRELUDE + textwrap.dedent(body), encoding="utf-8")
        return [sys.executable, str(file), str(out)]

    return write


def run(words, **options):
    return subprocess.run(
        words, capture_output=True, check=False, timeout=60, **options
    )


def wait_for(condition, seconds=10):
    """Wait until something is so, and say whether it became so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


class Terminal:
    """A program on a terminal of its own, as in a window."""

    def __init__(self, words, rows=24, columns=80):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            size = struct.pack("HHHH", rows, columns, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execv(words[0], words)
        self.seen = b""

    def read(self, until=None, seconds=20):
        """Read until a text has appeared, or to the end."""
        end = time.monotonic() + seconds
        while until is None or until not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], end - time.monotonic())
            assert ready, f"{until!r} did not come after {self.seen!r}"
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                assert until is None, f"{until!r} did not come after {self.seen!r}"
                break
            self.seen += data
        return self.seen

    def close(self):
        """Read to the end and return all output with the exit status."""
        self.read()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return self.seen, os.waitstatus_to_exitcode(status)


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
    assert b"step 1" in out.read_bytes()
    assert out.read_bytes().endswith(b"ValueError: broken\n")


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


def test_the_pump_ends_with_the_run(script, out):
    words = script("""
        with capture("fd", out):
            print("here", flush=True)
            time.sleep(600)
        """)
    run_ = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert run_.stdout.readline() == b"here\n"
    pumps = pumps_of(out)
    assert len(pumps) == 1
    run_.kill()
    run_.wait()
    run_.stdout.close()
    assert wait_for(lambda: not pumps_of(out))


def pumps_of(out):
    """The processes that have the file open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if out in [link.readlink() for link in (process / "fd").iterdir()]:
                found.append(int(process.name))
    return found


def test_the_pump_is_no_child_and_survives_polite_signals(script, out):
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
    (pump,) = pumps_of(out)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        os.kill(pump, number)
    run_.send_signal(signal.SIGINT)
    assert run_.wait() != 0
    run_.stdout.close()
    assert out.read_bytes().startswith(b"here\nno children\n")


def test_a_child_that_outlives_the_run_does_not_delay_it(script, out, tmp_path):
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
    assert wait_for(lambda: not pumps_of(out))


def test_a_fork_does_not_end_the_capture(script, out):
    done = run(
        script("""
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
    out.parent.mkdir()

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


def test_the_terminal_stays_a_terminal(script, out):
    terminal = Terminal(
        script("""
        with capture("fd", out):
            print(sys.stdout.isatty(), os.isatty(1), os.isatty(2), os.isatty(0))
            print(*os.get_terminal_size(1), *os.get_terminal_size(2))
            sys.stdout.write("\\x1b[31mred\\x1b[0m\\r\\n")
            print("line\\nline")
        """),
        rows=33,
        columns=77,
    )
    shown, status = terminal.close()
    assert status == 0
    kept = out.read_bytes()
    assert kept.startswith(b"True True True True\n77 33 77 33\n")
    assert b"\x1b[31mred\x1b[0m\r\n" in kept
    # The terminal turns each \n into \r\n, once.
    assert shown == kept.replace(b"\n", b"\r\n")


def test_only_the_error_stream_may_be_a_terminal(script, out, tmp_path):
    words = script("""
        with capture("fd", out):
            print(os.isatty(1), os.isatty(2), file=sys.stderr)
            print("result")
        """)
    file = tmp_path / "redirected"
    quoted = " ".join(f"'{word}'" for word in words)
    terminal = Terminal(["/bin/sh", "-c", f"{quoted} > '{file}'"])
    assert terminal.close() == (b"False True\r\n", 0)
    assert file.read_bytes() == b"result\n"
    assert sorted(out.read_bytes().splitlines()) == [b"False True", b"result"]


def test_a_new_size_of_the_window_is_passed_on(script, out):
    terminal = Terminal(
        script("""
        with capture("fd", out):
            print("ready")
            end = time.monotonic() + 20
            while os.get_terminal_size(1).columns == 80 and time.monotonic() < end:
                time.sleep(0.01)
            print("now", os.get_terminal_size(1).columns)
        """)
    )
    terminal.read(b"ready")
    time.sleep(0.3)
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 132, 0, 0))
    assert b"now 132" in terminal.close()[0]


def test_ctrl_c_goes_to_the_run_and_not_to_the_pump(script, out):
    terminal = Terminal(
        script("""
        status = 1
        with capture("fd", out):
            try:
                print("ready")
                time.sleep(60)
            except KeyboardInterrupt:
                print("interrupted")
                status = 130
            os.system("echo still here")
        sys.exit(status)
        """)
    )
    terminal.read(b"ready")
    os.write(terminal.fd, b"\x03")
    shown, status = terminal.close()
    assert status == 130
    assert b"interrupted\r\nstill here\r\n" in shown
    assert out.read_bytes().endswith(b"interrupted\nstill here\n")


def test_a_debugger_can_be_used(script, out):
    terminal = Terminal(
        script("""
        with capture("fd", out):
            secret = 40 + 2
            import pdb; pdb.set_trace()
            print(input("name? "))
        """)
    )
    terminal.read(b"(Pdb) ")
    os.write(terminal.fd, b"p secret\n")
    terminal.read(b"42\r\n(Pdb) ")
    os.write(terminal.fd, b"c\n")
    terminal.read(b"name? ")
    os.write(terminal.fd, b"Ada\n")
    shown, status = terminal.close()
    assert status == 0
    assert shown.endswith(b"Ada\r\n")
    assert b"42\n" in out.read_bytes()


def test_a_terminal_that_is_closed_does_not_end_the_recording(script, out):
    terminal = Terminal(
        script("""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with capture("fd", out):
            print("ready")
            time.sleep(1)
            print("late")
        """)
    )
    terminal.read(b"ready")
    os.close(terminal.fd)
    _, status = os.waitpid(terminal.pid, 0)
    assert status == 0
    assert out.read_bytes() == b"ready\nlate\n"


def test_a_killed_run_on_a_terminal_keeps_its_tail(script, out):
    terminal = Terminal(
        script("""
        with capture("fd", out):
            for i in range(2000):
                print("line", i)
            os.kill(os.getpid(), 9)
        """)
    )
    os.waitpid(terminal.pid, os.WNOHANG)
    end = time.monotonic() + 20
    while b"line 1999\r\n" not in terminal.seen and time.monotonic() < end:
        terminal.read(b"line 1999\r\n")
    assert wait_for(lambda: not pumps_of(out))
    assert out.read_bytes().endswith(b"line 1999\n")
    os.close(terminal.fd)


def test_starting_costs_little(script, out):
    done = run(
        script("""
        best = 1.0
        for _ in range(5):
            start = time.perf_counter()
            context = capture("fd", out)
            context.__enter__()
            best = min(best, time.perf_counter() - start)
            context.__exit__(None, None, None)
        print(best)
        """)
    )
    assert float(done.stdout) < 0.015


def test_streams_are_copied_in_notebooks(out, capsys):
    out.parent.mkdir()
    logger = logging.getLogger("forge.test.capture")
    stdout = sys.stdout
    with capture("sys", out):
        print("text é")
        print("error", file=sys.stderr)
        sys.stdout.writelines(["a\n", "b\n"])
        assert sys.stdout.encoding == stdout.encoding
        assert sys.stdout.isatty() is False
        logger.addHandler(kept := logging.StreamHandler())
    assert sys.stdout is stdout
    logger.warning("after the end")
    logger.removeHandler(kept)
    assert out.read_bytes() == "text é\nerror\na\nb\n".encode()
    shown = capsys.readouterr()
    assert shown.out == "text é\na\nb\n"
    assert shown.err.endswith("after the end\n")


def test_bytes_and_lone_surrogates_are_copied_too(out, monkeypatch):
    out.parent.mkdir()
    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding="utf-8", errors="backslashreplace")
    monkeypatch.setattr(sys, "stdout", stream)
    with capture("sys", out):
        sys.stdout.buffer.write(b"\xff\xfe\n")
        print("\ud800")
        print("\udcff")
    stream.flush()
    assert out.read_bytes() == b"\xff\xfe\n\\ud800\n\xff\n"
    assert below.getvalue() == b"\xff\xfe\n\\ud800\n\\udcff\n"


def test_a_stream_that_others_put_on_top_stays(out, monkeypatch):
    out.parent.mkdir()
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    with capture("sys", out):
        monkeypatch.setattr(sys, "stdout", mine)
        print("mine")
    assert sys.stdout is mine
    assert out.read_bytes() == b""


def test_missing_streams_are_passed_over(out, monkeypatch):
    out.parent.mkdir()
    monkeypatch.setattr(sys, "stdout", None)
    with capture("sys", out):
        print("nowhere")
        print("error", file=sys.stderr)
    assert out.read_bytes() == b"error\n"
