"""Terminal sessions in the pages, run by the doctest builder as they stand there.

`python docs/sessions.py docs/tutorial.md` writes what the commands really print into a
page, where it differs from what stands there.
"""  # noqa: INP001

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from docutils.statemachine import StringList


#: What is different each time: durations, addresses in memory, hashes of stored code.
UNSTEADY = (
    (re.compile(r"\b\d+(\.\d+)? (ms|s|min|h)\b( \d+ (s|min)\b)?"), "TIME"),
    (re.compile(r'"time":[\d.]+'), '"time":TIME'),
    (re.compile(r"\b0x[0-9a-f]+\b"), "ADDRESS"),
    (re.compile(r"(?<=_runs\.)\w+"), "ID"),
    (re.compile(r"\(process \d+\)"), "(process ID)"),
    # In tables: spans, times, and the room that they take.
    (re.compile(r"\b\d+(\.\d+)?s\b|\b\d+m\d\d\b"), "TIME"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+(\+\d\d:\d\d)?"), "MOMENT"),
    (re.compile(r"\bnow\b|\bTIME ago\b|\b\d+ min ago\b"), "WHEN"),
    (re.compile(r"(?<=\S) {2,}(?=\S)"), "  "),
    (re.compile(r"^(host|user|python)  .*$", re.MULTILINE), r"\1"),
    (re.compile(r"\bforge [\d.]+, Python [\d.]+"), "VERSIONS"),
    (re.compile(r"\bruns-[0-9a-f]+"), "runs-ID"),
    (re.compile(r"\b\d[\d,]* bytes|\b[\d.]+ [kM]B"), "SIZE"),
    (re.compile(r"^\d+(?=\tresults)", re.MULTILINE), "SIZE"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


def steady(text: str) -> str:
    """Replace what is different each time by a word.

    Args:
        text: Output, shown or real.

    Returns:
        What two runs have in common.
    """
    for pattern, word in UNSTEADY:
        text = pattern.sub(word, text)
    return text


def begin() -> None:
    """Go to an empty folder; every page has one for itself."""
    tools = Path(tempfile.mkdtemp(prefix="forge-docs-bin-"))
    interpreter = shlex.quote(sys.executable)
    for name, words in {
        "python": interpreter,
        "forge": f"{interpreter} -m forge",
    }.items():
        tool = tools / name
        tool.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        tool.chmod(0o755)
    os.environ["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
    os.environ.pop("FORGE_RESULTS_DIR", None)
    os.environ |= {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    os.environ["FORGE_KEY_FILE"] = str(tools / "key")
    os.environ["XDG_CACHE_HOME"] = str(tools / "cache")
    os.environ["XDG_STATE_HOME"] = str(tools / "state")
    os.chdir(tempfile.mkdtemp(prefix="forge-docs-"))
    # As in a notebook, which imports from the folder it is in.
    sys.path.insert(0, "")


def write(name: str, text: str, start: str = "") -> None:
    """Write a file that a page shows.

    Args:
        name: Its caption.
        text: Its content.
        start: The line from which on the content replaces that of the file.
    """
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = path.read_text(encoding="utf-8").partition(f"{start}\n")[0] if start else ""
    path.write_text(f"{kept}{text}\n", encoding="utf-8")
    # As if the reader had taken some time to type it.
    os.utime(path, (path.stat().st_atime - 5, path.stat().st_mtime - 5))


def written(line: str) -> str:
    """Run a line of a session.

    Args:
        line: What stands after the prompt; `python` is the one that runs this.

    Returns:
        What it wrote, as a terminal shows it.
    """
    done = subprocess.run(  # noqa: S603 - our own pages
        ["bash", "-c", line],  # noqa: S607
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = at_home(done.stdout)
    return output + ("Killed\n" if done.returncode == -signal.SIGKILL else "")


def on_terminal(line: str) -> str:
    """Run a line of a session as if somebody looked on.

    Args:
        line: What stands after the prompt.

    Returns:
        What a terminal of 96 columns shows.
    """
    answer, end = pty.openpty()
    shape = {"TERM": "dumb", "COLUMNS": "96", "LINES": "40"}
    with subprocess.Popen(  # noqa: S603 - our own pages
        ["bash", "-c", line],  # noqa: S607
        stdout=end,
        stderr=end,
        env=os.environ | shape,
    ) as process:
        os.close(end)
        output = b""
        while data := _read(answer):
            output += data
        process.wait()
    os.close(answer)
    return at_home(output.decode(errors="replace").replace("\r\n", "\n"))


def at_home(text: str) -> str:
    """Replace the folders of a page by those of a reader.

    Args:
        text: Output.

    Returns:
        The output as it would be in `/home/me/project`.
    """
    text = text.replace(str(Path.cwd()), "/home/me/project")
    return text.replace(os.environ["XDG_CACHE_HOME"], "/home/me/.cache")


def _read(terminal: int) -> bytes:
    """Read what was written to a terminal; nothing when nobody has it any more."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def shell(line: str, kind: str = "") -> None:
    """Run a line of a session and print what it wrote, made steady.

    Args:
        line: What stands after the prompt.
        kind: `terminal` where the program shall see one.
    """
    run = on_terminal if kind == "terminal" else written
    print(steady(run(line)), end="")  # noqa: T201 - what the builder compares


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Take a session apart.

    Args:
        text: What it shows.

    Yields:
        Each command as it is shown, and its output.
    """
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command}\n{more}"
        yield command, output.rstrip()


def one_line(command: str) -> str:
    """Join a command that is shown on several lines."""
    return re.sub(r"\s*\\\n>?\s*", " ", command)


class Session(Directive):
    """Shows a terminal session: commands after `$`, each with its output."""

    has_content = True
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the block, and for each command a hidden test.

        Returns:
            The nodes.
        """
        shown = "\n".join(self.content)
        kind = self.arguments[0] if self.arguments else ""
        found: list[nodes.Node] = [_block(self, shown, "console")]
        for command, output in commands(shown):
            code = f"sessions.shell({one_line(command)!r}, {kind!r})"
            found.append(_hidden(self, code, "testcode"))
            if output:
                found.append(_hidden(self, steady(output), "testoutput"))
        return found


class Script(Directive):
    """Shows a file under its name, and writes it for the sessions that follow."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[Any] = {
        "language": directives.unchanged,
        # The line from which on the file is replaced.
        "from": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Make the block, and the hidden test that writes the file.

        Returns:
            The nodes.
        """
        text, name = "\n".join(self.content), self.arguments[0]
        language = self.options.get("language", "python")
        shown = nodes.container("", literal_block=True)
        shown["classes"].append("literal-block-wrapper")
        shown += nodes.caption(name, "", nodes.literal(name, name))
        shown += _block(self, text, language)
        start = self.options.get("from", "")
        code = f"sessions.write({name!r}, {text!r}, {start!r})"
        return [shown, _hidden(self, code, "testcode")]


class Notebook(Directive):
    """Shows the cells of a notebook, one after the other."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the text and the blocks.

        Returns:
            The nodes.
        """
        environment = self.state.document.settings.env
        path, name = environment.relfn2path(self.arguments[0])[::-1]
        environment.note_dependency(name)
        found: list[nodes.Node] = []
        for cell in json.loads(Path(path).read_text(encoding="utf-8"))["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "code":
                found.append(_block(self, text, "python"))
                continue
            lines = StringList(re.sub(r"^# .*\n", "", text).split("\n"), path)
            told = nodes.container()
            self.state.nested_parse(lines, self.content_offset, told)
            found += told.children
        return found


def _block(directive: Directive, text: str, language: str) -> nodes.literal_block:
    block = nodes.literal_block(text, text, language=language)
    directive.state_machine.reporter.get_source_and_line(directive.lineno)
    block.source, block.line = directive.state_machine.get_source_and_line(
        directive.lineno
    )
    return block


def _hidden(directive: Directive, code: str, kind: str) -> nodes.comment:
    found = nodes.comment(code, code, testnodetype=kind, groups=["default"])
    found["options"] = {}
    found.source, found.line = directive.state_machine.get_source_and_line(
        directive.lineno
    )
    return found


def setup(app: Any) -> dict[str, bool]:
    """Register the directives.

    Args:
        app: The Sphinx application.

    Returns:
        What Sphinx may do with them.
    """
    app.add_directive("session", Session)
    app.add_directive("script", Script)
    app.add_directive("notebook", Notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def refreshed(match: re.Match[str]) -> str:
    """Run one block of a page.

    Args:
        match: The block.

    Returns:
        The block with the output of today.
    """
    kind, name, body = match.groups()
    if kind == "script":
        text = re.sub(r"\A(:\w+:.*\n)+\n", "", body).rstrip()
        start = re.match(r"(?::\w+:.*\n)*?:from: (.*)\n", body)
        write(name.strip(), text, start[1] if start else "")
        return match[0]
    lines = []
    run = on_terminal if name.strip() == "terminal" else written
    for command, shown in commands(body):
        output = run(one_line(command)).rstrip()
        same = steady(output) == steady(shown)
        lines += [f"$ {command}", *filter(None, [shown if same else output])]
    return "\n".join([f"```{{{kind}}}{name}", *lines, "```"])


def refresh(page: Path) -> None:
    """Write what the commands of a page print today into it.

    Args:
        page: The page.
    """
    block = r"^```\{(session|script)\}(.*)\n((?:.*\n)*?)```$"
    text = page.read_text(encoding="utf-8")
    begin()
    text = re.sub(block, refreshed, text, flags=re.MULTILINE)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for named in [Path(word).resolve() for word in sys.argv[1:]]:
        refresh(named)
