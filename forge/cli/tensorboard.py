"""`forge tensorboard`: runs in TensorBoard, as long as it is open."""

import shutil
import subprocess
import sys
import tempfile
import time
from argparse import REMAINDER, ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from forge._text import plural, visible
from forge.browse.index import Documents, Row
from forge.browse.tensorboard.mirror import Mirror
from forge.cli.arguments import chosen, declare_runs, source_of
from forge.cli.output import remark, say
from forge.cli.verbs import Command
from forge.errors import ForgeError


#: Seconds between two looks at runs that go on.
_SECONDS: Final = 5.0

#: Seconds that TensorBoard has to end when it is asked to.
_PATIENCE: Final = 5.0


def declare(parser: ArgumentParser) -> None:
    """Add the arguments of `tensorboard`."""
    declare_runs(parser, least=0)
    parser.add_argument(
        "--logdir", metavar="DIR", help="write the logs there, and start nothing"
    )
    parser.add_argument(
        "--with",
        dest="words",
        nargs=REMAINDER,
        default=[],
        help="all that follows is for TensorBoard: --with --port 6007",
    )


def tensorboard(options: Namespace) -> int:
    """Show runs in TensorBoard."""
    if options.logdir is None and find_spec("tensorboard") is None:
        raise ForgeError(
            "not-installed",
            "forge tensorboard starts TensorBoard, which is not installed.\n"
            "  It needs: pip install tensorboard\n"
            "  To write the logs for one elsewhere: forge tensorboard --logdir DIR",
        )
    with _logdir(options) as folder:
        mirror = Mirror(folder)
        try:
            n = mirror.refresh(*_chosen(options))
            if not n:
                remark("forge: there are no runs to show.")
                return 1
            say(f"{plural(n, 'run')} in {visible(str(folder))}")
            if options.logdir is not None:
                return 0
            return _show(options, mirror)
        finally:
            mirror.close()


def _show(options: Namespace, mirror: Mirror) -> int:
    """Run TensorBoard, and follow the runs until it ends."""
    sys.stdout.flush()
    words = [sys.executable, "-m", "tensorboard.main", "--logdir", str(mirror.folder)]
    process = subprocess.Popen([*words, *options.words])  # noqa: S603 - no shell
    try:
        while process.poll() is None:
            _wait(process)
            # Runs may be deleted meanwhile; those that are shown stay.
            with suppress(ForgeError):
                mirror.refresh(*_chosen(options, again=True))
    finally:
        _stop(process)
    return 1 if process.returncode else 0


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the next look, or the end."""
    try:
        process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End TensorBoard, which Ctrl-C has reached as well."""
    deadline = time.monotonic() + _PATIENCE
    process.terminate()
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
        process.wait()


def _chosen(
    options: Namespace, *, again: bool = False
) -> tuple[Sequence[Row], Sequence[Documents]]:
    """Find the runs as they are now."""
    source = source_of(options)
    if options.runs or options.query is not None:
        rows = source.rows(chosen(options, source, again=again))
    else:
        rows = source.find().rows
    return rows, source.index.documents(rows)


@contextmanager
def _logdir(options: Namespace) -> Iterator[Path]:
    """Give the folder of the logs; one that nobody chose goes away at the end."""
    if options.logdir is not None:
        yield Path(options.logdir)
        return
    folder = Path(tempfile.mkdtemp(prefix="forge-tensorboard-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {"tensorboard": Command(declare, tensorboard)}
)
