"""Build the documentation with Sphinx."""

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
autodoc_member_order = "bysource"
copybutton_prompt_text = "$ "
copybutton_exclude = ".go, .gp"
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]
# Other projects' names are not looked up on the network: the build must work without.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|contextlib|datetime|enum|pathlib|types|typing)\..*"),
    ("py:.*", r"(msgspec|numpy|pandas|wrapt|keras|tensorflow)\..*"),
]
