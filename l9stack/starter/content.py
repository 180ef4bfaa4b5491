"""The files of a new project: those of a clone's top, told of another collection, and what only a project has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from l9stack import __version__
from l9stack.bundle import bundle_path
from l9stack.files import files_below
from l9stack.names import identifier

_COLLECTION, _NAME = "input_schemas/claims_desk", "name: l9stack\n"
"""What the files of a clone say of its own collection and project."""
_STACKS = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml")
_PROGRAM = "__main__.py"


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
        return Beginning(_COLLECTION, _below(bundle_path(_COLLECTION)))
    tour = bundle_path("templates/project/bookings.md").read_text(encoding="utf-8")
    return Beginning("input_schemas/bookings", _below(bundle_path("templates/project/bookings")), tour)


def needed_files(root: Path, beginning: Beginning) -> dict[str, bytes]:
    """What the engine reads of a project, by path: none of it may be there already."""
    name = identifier(root.name) or "agents"
    texts = {file: bundle_path(file).read_text(encoding="utf-8") for file in _STACKS}
    told = {file: text.replace(_COLLECTION, beginning.path) for file, text in texts.items()}
    told["Pulumi.yaml"] = told["Pulumi.yaml"].replace(_NAME, f"name: {name}\n")
    files = {file: text.encode() for file, text in told.items()}
    files[_PROGRAM] = bundle_path("templates/project/program.py").read_bytes()
    return files | {f"{beginning.path}/{file}": data for file, data in beginning.files.items()}


def further_files(root: Path, beginning: Beginning) -> dict[str, bytes]:
    """What serves people and their tools, by path: one that is there already stays as it is."""
    readme = bundle_path("templates/project/readme.md").read_text(encoding="utf-8") + beginning.tour
    for mark, value in {"@project@": root.name, "@collection@": beginning.path}.items():
        readme = readme.replace(mark, value)
    return {
        ".gitignore": bundle_path("templates/project/gitignore").read_bytes(),
        "README.md": readme.encode(),
        "requirements.txt": f"l9stack[deploy]=={__version__}\n".encode(),
    }


def _below(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in sorted(files_below(folder))}
