"""Where a run comes from: its commit, the machine and the installed packages."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from forge.records.runfile import Git, Host


#: Called with the name of a fact, its value and what goes into a file beside it.
Tell = Callable[[str, Any, bytes], None]

_HASH: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_USER: Final = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<user>[^/?#\s]*)@")
_QUERY: Final = re.compile(r"(?P<url>[A-Za-z][\w+.-]*://[^?#\s]*)[?#]\S*")

# Nothing of the user's configuration may run, nothing may be written or fetched.
_GIT: Final = ("git", "--no-pager", "-c", "core.fsmonitor=false")
_DIFF: Final = ("diff", "--no-ext-diff", "--no-textconv", "--no-color")
_GIT_ENVIRONMENT: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
}
_GIT_SECONDS: Final = 60
# Counted from what follows the name, which is the third field.
_START_TICKS: Final = 19
_GPU_SECONDS: Final = 10


def commit_of(root: Path) -> str | None:
    """Read the commit of a repository from its own files; git is not run.

    Args:
        root: A folder in the repository.

    Returns:
        The full hash; None without a repository or before its first commit.
    """
    try:
        folder = _git_folder(Path(root).resolve())
        return None if folder is None else _commit_in(folder)
    except (OSError, ValueError):
        return None


def git_facts(root: Path) -> tuple[Git | None, bytes]:
    """Ask git for the state of a repository.

    Args:
        root: A folder in the repository.

    Returns:
        The facts, None without a repository; and the differences to the commit. What
        git cannot tell, because it is missing or refuses, is left out of the facts.
    """
    if _git_folder(root) is None and "GIT_DIR" not in os.environ:
        return None, b""  # without importing anything
    commit = commit_of(root)
    try:
        from git import Repo  # noqa: PLC0415 - takes 0.1 s
        from git.exc import GitError  # noqa: PLC0415
    except ImportError:  # GitPython raises it where git itself is missing, too
        return (None if commit is None else Git(commit=commit)), b""
    try:
        repository = Repo(root, search_parent_directories=True)
    except (GitError, OSError, ValueError):
        return (None if commit is None else Git(commit=commit)), b""
    with repository:
        dirty, diff = _difference(repository, commit)
        branch = None
        if not repository.head.is_detached:
            branch = repository.active_branch.name
        remote = _remote(repository, branch)
        return Git(commit=commit, branch=branch, dirty=dirty, remote=remote), diff


def without_credentials(url: str) -> str:
    """Take user names, passwords and tokens out of the addresses in a text.

    Args:
        url: An address, or a text with some.

    Returns:
        The text without them. The user name of ssh addresses, which is no secret,
        stays; so does everything that is no address.
    """

    def bare(match: re.Match[str]) -> str:
        name = match["user"].partition(":")[0]
        keep = name and "ssh" in match["scheme"]
        return match["scheme"] + (f"{name}@" if keep else "")

    return _QUERY.sub(r"\g<url>", _USER.sub(bare, url))


def packages() -> list[str]:
    """List the distributions that this process could import.

    Returns:
        `name==version`, sorted; of two with one name the one that imports find.
    """
    from importlib.metadata import distributions  # noqa: PLC0415 - takes 30 ms

    found: dict[str, str] = {}
    for distribution in distributions():
        name, version = _name_and_version(distribution)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key and version:
            found.setdefault(key, f"{name}=={version}")
    return [found[key] for key in sorted(found)]


def host() -> Host:
    """Describe the machine.

    Returns:
        What can be read without waiting for anything but, on machines with a driver
        that has no files, `nvidia-smi`.
    """
    system = os.uname()
    return Host(
        name=system.nodename,
        system=f"{system.sysname} {system.release}",
        cpu=_processor() or system.machine,
        cpus=_usable_processors(),
        memory=_memory(),
        gpus=tuple(_graphics()),
    )


def process_started() -> float | None:
    """Read when this process started.

    Returns:
        Seconds since 1970, exact to about 0.01 s; None where the system does not say.
    """
    try:
        # The name of the program stands in parentheses and may contain anything.
        facts = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
        ticks = int(facts[_START_TICKS])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return None
    return time.time() - age


class Probes:
    """Finds out about a run beside the user's code.

    A thread starts at once. A fact that cannot be found out stays as it was made; no
    probe raises or is waited for longer than asked.

    Args:
        root: A folder in the user's repository.
        tell: Called from the thread with each fact as it is known: `git` with the
            differences to the commit, `host`, `requirements`.
    """

    def __init__(self, root: Path, tell: Tell | None = None) -> None:
        #: The state of the repository, if there is one.
        self.git: Git | None = None
        #: The differences to the commit, in git's own form.
        self.diff = b""
        #: The machine.
        self.host: Host | None = None
        #: Installed distributions as `name==version`.
        self.requirements: list[str] = []
        self._root = root
        self._tell = tell
        self._thread = threading.Thread(
            target=self._work, name="forge-probes", daemon=True
        )
        self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything is known.

        Args:
            timeout: How many seconds at most; None for as long as it takes.

        Returns:
            Whether it is.
        """
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        """Find out everything, one after the other."""
        # The repository first: it is what changes while a run goes on.
        for probe in (self._ask_git, self._ask_host, self._ask_packages):
            try:
                probe()
            except Exception:  # noqa: BLE001, S112 - what is not known is not recorded
                continue

    def _ask_git(self) -> None:
        """Describe the repository."""
        self.git, self.diff = git_facts(self._root)
        if self.git is not None:
            self._send("git", self.git, self.diff)

    def _ask_host(self) -> None:
        """Describe the machine."""
        self.host = host()
        self._send("host", self.host)

    def _ask_packages(self) -> None:
        """List what is installed."""
        self.requirements = packages()
        self._send("requirements", self.requirements)

    def _send(self, what: str, value: Any, data: bytes = b"") -> None:
        """Tell a fact to whoever wants to know."""
        if self._tell is not None:
            self._tell(what, value, data)


def _git_folder(root: Path) -> Path | None:
    """Find the folder with HEAD; `.git` is a file in worktrees and submodules."""
    for folder in (root, *root.parents):
        found = folder / ".git"
        if found.is_dir():
            return found
        if found.is_file():
            text = found.read_text(encoding="utf-8", errors="surrogateescape")
            return folder / text.removeprefix("gitdir:").strip()
    return None


def _commit_in(folder: Path) -> str | None:
    """Follow HEAD to a commit."""
    shared = folder
    common = folder / "commondir"
    if common.is_file():  # a worktree has its own HEAD, and the branches of another
        shared = folder / common.read_text(encoding="utf-8").strip()
    name = "HEAD"
    for _ in range(5):
        text = _reference(folder, shared, name)
        if text is None or _HASH.match(text):
            return text
        name = text.removeprefix("ref:").strip()
    return None


def _reference(folder: Path, shared: Path, name: str) -> str | None:
    """Read one reference, from a file of its own or the common one."""
    for place in (folder, shared):
        file = place / name
        if file.is_file():
            return file.read_text(encoding="utf-8", errors="replace").strip()
    packed = shared / "packed-refs"
    if packed.is_file():
        for line in packed.read_text(encoding="utf-8", errors="replace").splitlines():
            digest, _, other = line.partition(" ")
            if other == name:
                return digest
    return None


def _difference(repository: Any, commit: str | None) -> tuple[bool | None, bytes]:
    """Compare files that git knows with the commit."""
    from git.exc import GitError  # noqa: PLC0415 - imported before

    if commit is None:
        return True, b""
    try:
        diff: bytes = repository.git.execute(
            [*_GIT, *_DIFF, "--submodule=diff", "HEAD"],
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            kill_after_timeout=_GIT_SECONDS,
            env=_GIT_ENVIRONMENT,
        )
    except (GitError, OSError):
        return None, b""
    return bool(diff), diff


def _remote(repository: Any, branch: str | None) -> str | None:
    """Find where the branch is pushed to, else `origin`, else any remote."""
    reader = repository.config_reader()
    names = ["origin"]
    if branch is not None:
        section = f'branch "{branch}"'
        names.insert(0, str(reader.get_value(section, "remote", "origin")))
    sections = [f'remote "{name}"' for name in names]
    sections += [name for name in reader.sections() if name.startswith("remote ")]
    for section in sections:
        url = reader.get_value(section, "url", "")
        if url:
            return without_credentials(str(url))
    return None


def _name_and_version(distribution: Any) -> tuple[str, str]:
    """Read name and version off the folder, which is 50 times as fast as opening it."""
    folder = getattr(distribution, "_path", None)
    stem, _, suffix = getattr(folder, "name", "").rpartition(".")
    if suffix == "dist-info" and stem.count("-") == 1:
        name, _, version = stem.partition("-")
        return name, version
    metadata = distribution.metadata
    if metadata is None:
        return "", ""
    # Asking for a line that is missing is deprecated.
    lines = dict(metadata.items())
    return lines.get("Name", ""), lines.get("Version", "")


def _processor() -> str:
    """Read the name of the processor."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    match = re.search(
        r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", text, re.MULTILINE
    )
    return match[1].strip() if match else ""


def _usable_processors() -> int | None:
    """Count the processors this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        return os.cpu_count()


def _memory() -> int | None:
    """Read how much memory there is."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _graphics() -> Iterator[str]:
    """Find the names of graphics processors, from the drivers' files if they have."""
    cards = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    for card in cards:
        match = re.search(r"^Model:\s*(.+)$", card.read_text(), re.MULTILINE)
        yield match[1].strip() if match else "NVIDIA"
    for card in sorted(Path("/sys/class/drm").glob("card*/device/product_name")):
        yield card.read_text().strip()
    if not cards:
        yield from _nvidia_smi()


def _nvidia_smi() -> list[str]:
    """Ask the driver where it has no files, as in WSL."""
    from shutil import which  # noqa: PLC0415 - seldom needed

    program = which("nvidia-smi")
    if program is None:
        return []
    import subprocess  # noqa: PLC0415 - seldom needed

    done = subprocess.run(  # noqa: S603 - no shell, fixed words
        [program, "--query-gpu=name", "--format=csv,noheader"],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=_GPU_SECONDS,
    )
    return done.stdout.splitlines() if done.returncode == 0 else []
