"""The state of a repository, told by its own files and by git."""

# Plain text is 20 times as fast as Path, and the start of each run waits for it.
# ruff: noqa: PTH112, PTH113, PTH118, PTH120, PTH123

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forge.masking import masked_diff
from forge.records.runfile import Git


_HASH: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_USER: Final = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<user>[^/?#\s]*)@")
_QUERY: Final = re.compile(r"(?P<url>[A-Za-z][\w+.-]*://[^?#\s]*)[?#]\S*")
_BRANCHES: Final = "refs/heads/"

#: Nothing of the user's configuration may run, nothing may be written or fetched, and
#: the repository is that of the folder, also below a hook of git's.
ENVIRONMENT: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
}
_ELSEWHERE: Final = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
    }
)
NO_MONITOR: Final = "core.fsmonitor=false"
_GIT: Final = ("git", "--no-pager", "-c", NO_MONITOR)
_DIFF: Final = (
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--submodule=diff",
    "HEAD",
)
_REMOTES: Final = (
    "config",
    "--null",
    "--get-regexp",
    r"^(remote\..*\.url|branch\..*\.remote)$",
)
_SECONDS: Final = 60
_MOST_REFERENCES: Final = 5
_NOTHING_FOUND: Final = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository lies.

    Attributes:
        root: The folder that was asked about, links resolved.
        top: The folder with `.git` in it.
        folder: The repository's own folder, with HEAD in it.
        shared: Where the branches are that it has in common with other working trees.
        references: The names that lead to the commit, HEAD first.
        commit: The full hash; None before the first commit.
    """

    root: str
    top: str
    folder: str
    shared: str
    references: tuple[str, ...]
    commit: str | None

    @property
    def index(self) -> str:
        """The file of what is to be committed next, which lists every tracked file."""
        return os.path.join(self.folder, "index")

    @property
    def branch(self) -> str | None:
        """The branch that HEAD names, if it names one."""
        name = self.references[1] if len(self.references) > 1 else ""
        return name.removeprefix(_BRANCHES) if name.startswith(_BRANCHES) else None


def place_of(root: Path) -> Place | None:
    """Find the repository of a folder by its own files; git is not run.

    Args:
        root: A folder in the repository.

    Returns:
        The place; None without a repository.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file makes no sense.
    """
    real = top = os.path.realpath(root)
    while (folder := _git_folder(top)) is None:
        if top == os.path.dirname(top):
            return None
        top = os.path.dirname(top)
    try:
        return Place(real, top, folder, *_head_of(folder))
    except (OSError, ValueError):
        return Place(real, top, folder, folder, (), None)


def located(root: Path) -> Place | None:
    """Find the repository of a folder, whatever its files are like.

    Args:
        root: A folder in the repository.

    Returns:
        The place; None without a repository, or where its files make no sense.
    """
    try:
        return place_of(root)
    except (OSError, ValueError):
        return None


def commit_of(root: Path) -> str | None:
    """Read the commit of a repository from its own files; git is not run.

    Args:
        root: A folder in the repository.

    Returns:
        The full hash; None without a repository or before its first commit.
    """
    place = located(root)
    return None if place is None else place.commit


def git_facts(root: Path) -> tuple[Git | None, bytes]:
    """Find out the state of a repository.

    Its files tell the commit and the branch, git itself the rest, in a few
    milliseconds. A library would take a hundred to import, in a process that is the
    user's.

    Args:
        root: A folder in the repository.

    Returns:
        The facts, None without a repository; and the differences to the commit. What
        git cannot tell, because it is missing or refuses, is left out of the facts.
    """
    place = place_of(root)
    return (None, b"") if place is None else facts_at(place)


def facts_at(place: Place) -> tuple[Git | None, bytes]:
    """Find out the state of a repository that is there.

    Args:
        place: Where it lies.

    Returns:
        As `git_facts`.
    """
    commit, branch = place.commit, place.branch
    # Both at once: starting a program takes longer than what it does.
    remotes = ask(place.root, _REMOTES, fine=(0, _NOTHING_FOUND))
    differences = ask(place.root, _DIFF) if commit else None
    asked, diff = remotes(), differences() if differences else b""
    if asked is None and commit is None:
        return None, b""
    return Git(
        commit=commit,
        branch=branch,
        # What is not committed at all is dirty; what git cannot tell is unknown.
        dirty=True if commit is None else None if diff is None else bool(diff),
        remote=_remote(asked or b"", branch),
    ), masked_diff(diff or b"")


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


def ask(
    root: str, words: tuple[str, ...], *, fine: tuple[int, ...] = (0,)
) -> Callable[[], bytes | None]:
    """Ask git, without waiting for it.

    Args:
        root: A folder in the repository.
        words: What to ask.
        fine: The exit statuses of an answer.

    Returns:
        Waits for the answer. There is none if git is missing, refuses or takes for
        ever.
    """
    import subprocess  # noqa: PLC0415 - recorded runs in a repository only

    inherited = {k: v for k, v in os.environ.items() if k not in _ELSEWHERE}
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, fixed words
            [*_GIT, *words],
            cwd=root,
            env={**inherited, **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return lambda: None

    def answer() -> bytes | None:
        try:
            output, _ = process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
        return output if process.returncode in fine else None

    return answer


def _git_folder(top: str) -> str | None:
    """Find the folder with HEAD; `.git` is a file in worktrees and submodules."""
    found = os.path.join(top, ".git")
    if os.path.isdir(found):
        return found
    if os.path.isfile(found):
        text = _text(found, errors="surrogateescape")
        return os.path.join(top, text.removeprefix("gitdir:").strip())
    return None


def _head_of(folder: str) -> tuple[str, tuple[str, ...], str | None]:
    """Follow HEAD: the folder with the branches, the names on the way, the commit."""
    shared = folder
    common = os.path.join(folder, "commondir")
    if os.path.isfile(common):  # a worktree has its own HEAD only
        shared = os.path.join(folder, _text(common).strip())
    names = ["HEAD"]
    for _ in range(_MOST_REFERENCES):
        text = _reference(folder, shared, names[-1])
        if text is None or _HASH.match(text):
            return shared, tuple(names), text
        names.append(text.removeprefix("ref:").strip())
    return shared, tuple(names), None


def _reference(folder: str, shared: str, name: str) -> str | None:
    """Read one reference, from a file of its own or the common one."""
    for place in (folder, shared):
        file = os.path.join(place, name)
        if os.path.isfile(file):
            return _text(file, errors="replace").strip()
    packed = os.path.join(shared, "packed-refs")
    if os.path.isfile(packed):
        for line in _text(packed, errors="replace").splitlines():
            digest, _, other = line.partition(" ")
            if other == name:
                return digest
    return None


def _text(file: str, *, errors: str = "strict") -> str:
    """Read a small file."""
    with open(file, "rb", buffering=0) as stream:
        return stream.read().decode(errors=errors)


def _remote(answer: bytes, branch: str | None) -> str | None:
    """Find where the branch is pushed to, else `origin`, else any remote."""
    text = answer.decode(errors="replace")
    facts = dict(line.partition("\n")[::2] for line in text.split("\0") if line)
    names = [facts.get(f"branch.{branch}.remote", "origin"), "origin"]
    keys = [f"remote.{name}.url" for name in names]
    keys += [key for key in facts if key.startswith("remote.")]
    url = next((facts[key] for key in keys if facts.get(key)), None)
    return url and without_credentials(url)
