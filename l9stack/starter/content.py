"""The files of a new project, from `templates/project/`; a clone's own are what `--example` makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from l9stack import __version__
from l9stack.assets import asset
from l9stack.files import files_below
from l9stack.names import identifier

_EXAMPLE = "input_schemas/claims_desk"
_NEEDED = {
    "Pulumi.yaml": "project.yaml",
    "Pulumi.dev.yaml": "stack.dev.yaml",
    "Pulumi.staging.yaml": "stack.staging.yaml",
    "Pulumi.prod.yaml": "stack.prod.yaml",
    "__main__.py": "program.py",
}
"""What the engine reads, each file with that of `templates/project/` that it is made from.

Those have other names, so that their folder is no project.
"""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The collection that a project begins with: `path` relative to it, `files` to write below that path."""

    path: str
    files: Mapping[str, bytes]
    tour: str = ""
    """Markdown for the project's README: what to try with it."""


def beginning_of(*, example: bool) -> Beginning:
    """The claims desk of five agents as the example, else a restaurant's bookings by two."""
    if example:
        return Beginning(_EXAMPLE, _below(asset(_EXAMPLE)))
    return Beginning("input_schemas/bookings", _below(asset("templates/project/bookings")), _text("bookings.md"))


def needed_files(root: Path, beginning: Beginning) -> dict[str, bytes]:
    """What the engine reads of a project, by path: none of it may be there already."""
    files = {file: _filled(source, root, beginning) for file, source in _NEEDED.items()}
    return files | {f"{beginning.path}/{file}": data for file, data in beginning.files.items()}


def further_files(root: Path, beginning: Beginning) -> dict[str, bytes]:
    """What serves people and their tools, by path: one that is there already stays as it is."""
    return {
        ".gitignore": _filled("gitignore", root, beginning),
        "README.md": _filled("readme.md", root, beginning),
        "requirements.txt": f"l9stack[deploy]=={__version__}\n".encode(),
    }


def _filled(source: str, root: Path, beginning: Beginning) -> bytes:
    name = identifier(root.name) or "agents"  # what the engine takes as a project's name
    marks = {"@tour@": beginning.tour, "@project@": root.name, "@name@": name, "@collection@": beginning.path}
    text = _text(source)
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text.encode()


def _text(name: str) -> str:
    return asset(f"templates/project/{name}").read_text(encoding="utf-8")


def _below(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in sorted(files_below(folder))}
