"""Captured output of runs on a real terminal."""

import fcntl
import os
import struct
import termios
import time

from terminals import Terminal


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


def test_a_killed_run_on_a_terminal_keeps_its_tail(script, out, pumps, wait_for):
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
    assert wait_for(lambda: not pumps())
    assert out.read_bytes().endswith(b"line 1999\n")
    os.close(terminal.fd)
