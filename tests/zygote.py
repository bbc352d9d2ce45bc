"""Scripts started in a millisecond: forks of a process that has imported Forge.

What is proved with hundreds of processes would otherwise wait for interpreters to
start. A child runs the script as `python script.py` does, from its first line, as the
module `__main__`; only the imports of Forge's own modules are done already. Nothing
of a run begins before those, so nothing is left out that a kill could meet.
"""

import gc
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any


_LONGEST = 1 << 16


class Zygote:
    """A process that forks others on demand.

    Args:
        before: The words before those that start it, such as those of `nsenter`.
    """

    def __init__(self, before: Sequence[str] = ()) -> None:
        self._control, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        os.set_inheritable(given.fileno(), True)
        self._process = subprocess.Popen(
            [*before, sys.executable, __file__, str(given.fileno())],
            pass_fds=[given.fileno()],
        )
        given.close()
        self._control.settimeout(120)
        self._statuses: dict[int, int] = {}
        assert self._receive() == {"ready": True}

    def start(
        self,
        script: Path,
        *words: str,
        cwd: Path | None = None,
        output: tuple[int, int] | None = None,
        **env: str,
    ) -> "Child":
        """Start a script.

        Args:
            script: The file.
            *words: Its words.
            cwd: Where; by default the folder of the script.
            output: Descriptors for its output and errors; by default they are dropped.
            **env: Further variables.
        """
        request = {
            "words": [str(script), *words],
            "cwd": str(cwd or script.parent),
            "env": {**os.environ, **env},
        }
        null = None if output else os.open(os.devnull, os.O_WRONLY)
        fds = output or (null, null)
        socket.send_fds(self._control, [json.dumps(request).encode()], fds)
        if null is not None:
            os.close(null)
        return Child(self, self._receive()["pid"])

    def run(
        self, words: Sequence[str], cwd: Path, env: Mapping[str, str], seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a script to its end, and return what it prints.

        Args:
            words: The file and its words.
            cwd: Where.
            env: Further variables.
            seconds: How long it may take.

        Raises:
            subprocess.TimeoutExpired: If it takes longer.
        """
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        ends = (out_end, err_end)
        child = self.start(Path(words[0]), *words[1:], cwd=cwd, output=ends, **env)
        for fd in ends:
            os.close(fd)
        with ThreadPoolExecutor(2) as pool:
            reading = [pool.submit(_read, fd) for fd in (out, err)]
            try:
                texts = [each.result(seconds) for each in reading]
            except TimeoutError:
                child.kill()
                raise subprocess.TimeoutExpired(words, seconds) from None
        return subprocess.CompletedProcess(words, child.wait(), *texts)

    def status(self, pid: int) -> int:
        """Wait for the end of a child."""
        while pid not in self._statuses:
            self._take()
        return self._statuses[pid]

    def ended(self, pid: int) -> bool:
        """Tell whether a child has ended."""
        while select.select([self._control], [], [], 0)[0]:
            self._take()
        return pid in self._statuses

    def close(self) -> None:
        """End the process; its children go on."""
        self._control.close()
        self._process.wait(30)

    def _receive(self) -> Any:
        """Return the next answer to a request."""
        while True:
            found = self._take()
            if found is not None:
                return found

    def _take(self) -> Any:
        """Take one message; what it says of a child's end is remembered."""
        data = self._control.recv(_LONGEST)
        assert data, "the zygote is gone"
        found = json.loads(data)
        if "status" not in found:
            return found
        self._statuses[found["ended"]] = found["status"]
        return None


class Child:
    """A process that was started.

    Args:
        zygote: Its parent.
        pid: Its number.
    """

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self._zygote = zygote
        self.pid = pid
        self._fd: int | None = None
        with suppress(ProcessLookupError):
            self._fd = os.pidfd_open(pid)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal, unless it has ended; return the exit status."""
        # By descriptor: its number may belong to another process by now.
        if self._fd is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._fd, number)
        return self.wait()

    def kill_after(self, seconds: float) -> int:
        """Kill it after some time; return the exit status."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.has_ended():
            time.sleep(min(0.002, max(0.0, end - time.monotonic())))
        return self.kill()

    def wait(self) -> int:
        """Wait for its end; return the exit status, negative after a signal."""
        status = self._zygote.status(self.pid)
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        return status

    def has_ended(self) -> bool:
        """Tell whether it has ended."""
        return self._zygote.ended(self.pid)


def _read(fd: int) -> str:
    """Read a pipe to its end."""
    with os.fdopen(fd, encoding="utf-8") as stream:
        return stream.read()


def _warm_up() -> None:
    """Import what runs import."""
    import importlib.metadata  # noqa: F401
    import shutil  # noqa: F401

    import numpy  # noqa: F401, ICN001

    import forge

    for module in pkgutil.walk_packages(forge.__path__, "forge."):
        if not module.name.startswith("forge.testing"):
            __import__(module.name)
    with suppress(ImportError):
        import git  # noqa: F401


def _serve(control: socket.socket) -> Mapping[str, Any]:
    """Fork for each request; return in the child, with what it is to do."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(write)
    control.send(json.dumps({"ready": True}).encode())
    while True:
        ready, _, _ = select.select([control, read], [], [])
        if read in ready:
            os.read(read, 4096)
            _reap(control)
        if control in ready:
            data, fds, _, _ = socket.recv_fds(control, _LONGEST, 2)
            if not data:
                os._exit(0)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for fd in (control.detach(), read, write):
                    os.close(fd)
                return {**json.loads(data), "fds": fds}
            for fd in fds:
                os.close(fd)
            control.send(json.dumps({"pid": pid}).encode())


def _reap(control: socket.socket) -> None:
    """Tell of the children that have ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        control.send(json.dumps({"ended": pid, "status": code}).encode())


def _become(request: Mapping[str, Any]) -> None:
    """Be the process that was asked for."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for target, fd in enumerate(request["fds"], 1):
        os.dup2(fd, target)
        os.close(fd)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = list(request["words"])
    file = sys.argv[0]
    sys.path[0] = os.path.dirname(file)  # noqa: PTH120
    main = ModuleType("__main__")
    main.__file__ = file
    main.__loader__ = SourceFileLoader("__main__", file)
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    sys.excepthook = _tell
    code = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
    exec(code, main.__dict__)


def _tell(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an exception as if the script had begun the process."""
    while trace and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    sys.__excepthook__(kind, error, trace)


if __name__ == "__main__":
    _warm_up()
    # What is here is never collected, so that no child copies it for that.
    gc.collect()
    gc.freeze()
    _become(_serve(socket.socket(fileno=int(sys.argv[1]))))
