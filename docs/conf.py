"""Build the documentation with Sphinx."""

from importlib import metadata


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
]
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
