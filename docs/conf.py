"""Build the documentation with Sphinx."""

import re
import sys
from importlib import metadata
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parent))

project = "Forge"
author = "Forge contributors"
project_copyright = author
release = metadata.version("forge-ml")
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sessions",
]
# Each page is read from top to bottom in a folder of its own: files are written where
# they are shown, commands are run, and their output is compared.
doctest_global_setup = """
import sessions, forge
sessions.begin()
"""
exclude_patterns = ["_build", "changes"]
html_theme = "furo"
html_title = "Forge"
autodoc_typehints = "description"
# Only what a docstring explains gets its type: not the arguments of constructors that
# nobody calls.
autodoc_typehints_description_target = "documented"
napoleon_use_ivar = True
# Docstrings write `code` as Markdown does.
default_role = "code"
autodoc_member_order = "bysource"
copybutton_prompt_text = "$ "
copybutton_exclude = ".go, .gp"
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]
# Other projects' names are not looked up on the network: the build must work without.
# Nor does every private type of a signature have a place in the reference.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|contextlib|datetime|enum|logging|os|pathlib|types)\..*"),
    ("py:.*", r"(typing|msgspec|numpy|pandas|wrapt|keras|tensorflow)\..*"),
    ("py:.*", r"forge\.\w+\..*|[A-Z]\w*"),
]


def readable(app, what, name, obj, options, lines):  # noqa: ANN001, ANN201, PLR0917
    """Turn what docstrings write as Markdown into reStructuredText."""
    if what in {"attribute", "property"} and lines:
        # napoleon takes what stands before a colon for a type.
        lines[0] = lines[0].replace(": ", " \N{EN DASH} ")
    text = list(lines)
    lines.clear()
    for i, line in enumerate(text):
        if not line.startswith("|"):
            # Code of examples is only indented.
            before_code = re.match(
                r"[^: ].*[^:]:\n\n    \S", "\n".join(text[i : i + 3])
            )
            lines.append(f"{line}:" if before_code and what != "function" else line)
        elif not set(line) <= set("|- "):
            if not text[i - 1].startswith("|"):
                lines += [".. list-table::", "   :header-rows: 1", ""]
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            lines += [f"   {'  -' if k else '* -'} {c}" for k, c in enumerate(cells)]


def setup(app):  # noqa: ANN001, ANN201
    """Register what the pages need."""
    app.connect("autodoc-process-docstring", readable, priority=100)
