"""Rules of the house that no tool of its own checks."""

import re
import subprocess
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[1]

#: Folders below tests/ that mirror nothing, and the files that do not either.
APART = {"benchmarks", "faults", "functional", "messages", "typing", "test_docs.py"}
LONGEST = 400

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2`*$", re.MULTILINE | re.DOTALL)
#: Absolute folders of one machine; brackets keep this line from breaking the rule.
MACHINE = re.compile(
    r"(?<![\w.~])/(?:roo[t]|wor[k]|op[t]|mn[t]|User[s]|home/(?!me\b)\w+)/\w|\.\./share[d]/"
)


def tracked() -> list[Path]:
    """List the files of the project that exist."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    words = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    listing = subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    names = listing.stdout.decode().split("\0")
    paths = [ROOT / name for name in names if name]
    return [path for path in paths if path.is_file()]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in tracked()
        if path.suffix in {".py", ".md", ".cfg", ".toml", ".ini"}
        and path.name != "changelog.md"
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST} == {}


def test_every_module_has_its_test_file() -> None:
    missing = []
    for module in tracked():
        is_code = module.suffix == ".py" and module.name != "__init__.py"
        if is_code and relative(module).startswith("forge/"):
            folder = ROOT / "tests" / module.parent.relative_to(ROOT / "forge")
            test = folder / f"test_{module.stem.strip('_')}.py"
            if not test.exists():
                missing.append(relative(test))
    assert missing == []


def test_every_test_file_has_its_module() -> None:
    """A long one is split by topic: test_types.py, test_types_text.py."""
    strays = []
    for test in tracked():
        inside = Path(relative(test)).parts
        if inside[0] != "tests" or not test.name.startswith("test_"):
            continue
        if inside[1] in APART or test == Path(__file__):
            continue
        folder = ROOT / "forge" / Path(*inside[1:-1])
        stems = {module.stem.strip("_") for module in folder.glob("*.py")}
        topic = test.stem.removeprefix("test_")
        if not any(topic == stem or topic.startswith(f"{stem}_") for stem in stems):
            strays.append(relative(test))
    assert strays == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in tracked():
        if page.suffix != ".md":
            continue
        prose = FENCE.sub("", page.read_text(encoding="utf-8"))
        for target in LINK.findall(prose):
            where = target.partition("#")[0]
            outside = re.match(r"[a-z]+:", where)
            if where and not outside and not (page.parent / where).exists():
                broken.append(f"{relative(page)}: {target}")
    assert broken == []


def test_nothing_names_the_folders_of_one_machine() -> None:
    found = []
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE.search(line):
                found.append(f"{relative(path)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_pages_named_in_code_exist() -> None:
    """A comment that sends its reader to `rules.md` needs a page of that name."""
    files = tracked()
    pages = {path.name for path in files if path.suffix == ".md"}
    unknown = []
    for path in files:
        if relative(path).startswith(("forge/", "examples/")) and path.suffix == ".py":
            named = re.findall(r"\b([\w-]+\.md)\b", path.read_text(encoding="utf-8"))
            unknown += [f"{relative(path)}: {name}" for name in {*named} - pages]
    assert unknown == []


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (command,) = re.findall(r"^ *(python3 -m venv .*tox .*)$", script, re.MULTILINE)
    for page in ("README.md", "CONTRIBUTING.md"):
        assert command in (ROOT / page).read_text(encoding="utf-8"), page
