"""The state of a repository, told by its own files and by git."""

import os
import re
from collections.abc import Callable
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
_NOTHING_FOUND: Final = 1


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
    folder = _git_folder(Path(root).resolve())
    if folder is None:
        return None, b""
    commit = commit_of(root)
    # Both at once: starting a program takes longer than what it does.
    remotes = _ask(root, _REMOTES, fine=(0, _NOTHING_FOUND))
    differences = _ask(root, _DIFF) if commit else None
    asked, diff = remotes(), differences() if differences else b""
    if asked is None and commit is None:
        return None, b""
    branch = _branch(folder)
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


def _branch(folder: Path) -> str | None:
    """Tell the branch that HEAD names, if it names one."""
    text = _reference(folder, folder, "HEAD") or ""
    name = text.removeprefix("ref:").strip()
    return name.removeprefix(_BRANCHES) if name.startswith(_BRANCHES) else None


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


def _ask(
    root: Path, words: tuple[str, ...], *, fine: tuple[int, ...] = (0,)
) -> Callable[[], bytes | None]:
    """Ask git; what is returned waits for the answer.

    There is none if git is missing, refuses or takes for ever.
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


def _remote(answer: bytes, branch: str | None) -> str | None:
    """Find where the branch is pushed to, else `origin`, else any remote."""
    text = answer.decode(errors="replace")
    facts = dict(line.partition("\n")[::2] for line in text.split("\0") if line)
    names = [facts.get(f"branch.{branch}.remote", "origin"), "origin"]
    keys = [f"remote.{name}.url" for name in names]
    keys += [key for key in facts if key.startswith("remote.")]
    url = next((facts[key] for key in keys if facts.get(key)), None)
    return url and without_credentials(url)
