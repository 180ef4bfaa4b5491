"""How `make docs` builds the site: the pages as they stand in the repository, and nothing from the network."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from l9stack import __version__

project = "l9stack"
release = __version__
extensions = ["myst_parser"]
root_doc = "docs/index"
source_suffix = {".md": "markdown"}
include_patterns = [
    "docs/*.md",
    "docs/decisions/*.md",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "templates/meta/CODEGEN_USAGE_GUIDE.md",
]
# Folders that hold none of these are not even looked into.
exclude_patterns = [".*", "build", "extractions", "deployments", "input_schemas", "l9stack", "tests", "tools"]
nitpicky = True
myst_heading_anchors = 4
# `--all` stays two hyphens.
smartquotes = False

html_theme = "furo"
html_title = f"l9stack {__version__}"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["site"]
html_css_files = ["wide.css"]
html_extra_path = ["site/index.html"]
html_permalinks_icon = "#"

MAPS = ("docs/index", "docs/decisions/README")
"""Pages whose lists of links, by heading, are the site's navigation; a page that none of them names is a warning."""
_LISTED = re.compile(r"^- \[([^\]]+)\]\(([^)#:]+)\.md\)", re.MULTILINE)


def add_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Append the tree of contents that the page's own lists make, which other readers of Markdown need not see."""
    if page not in MAPS:
        return
    for section in re.split(r"^#{2,3} ", source[0], flags=re.MULTILINE):
        caption, _, text = section.partition("\n")
        if pages := _LISTED.findall(text):
            entries = "\n".join(f"{title} <{path}>" for title, path in pages)
            source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption.strip('# ')}\n\n{entries}\n```\n"


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_navigation)
