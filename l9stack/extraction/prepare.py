"""From a path to a rendered tree; and the digest of all inputs, by which a known extraction is found at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import JsonValue

from l9stack import __version__
from l9stack.errors import InputError, Place, Problem
from l9stack.model.artifact import RenderedTree
from l9stack.model.collection import Collection
from l9stack.model.meta import Meta
from l9stack.model.plan import Plan
from l9stack.names import AgentId
from l9stack.output.store import Store
from l9stack.planning.plan import make_plan
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.meta import read_meta
from l9stack.rendering.environment import templates_folder
from l9stack.rendering.tree import render
from l9stack.sources import collection_files, implementation_files, package_digest

Settings = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Prepared:
    """A collection that was read, planned and rendered; nothing of it is on disk until `stored`."""

    project: Project
    path: Path
    collection: Collection
    meta: Meta
    plan: Plan
    tree: RenderedTree
    input_digest: str

    @cached_property
    def implementations(self) -> Path | None:
        """The user's own package folder beside the collection, if any."""
        folder = Path(self.collection.root) / "implementations"
        return folder if folder.is_dir() else None

    @cached_property
    def own_code(self) -> dict[str, str]:
        """Digests of the user's own implementation files, by path."""
        found = implementation_files(Path(self.collection.root))
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}

    def digests(self) -> dict[AgentId | None, str]:
        """The digest of each agent's part, and of the collection's own under None."""
        owners: list[AgentId | None] = [agent.id for agent in self.plan.agents]
        return {owner: self.tree.part_digest(owner) for owner in [*owners, None]}

    def stored(self) -> dict[AgentId | None, str]:
        """Put every part into the store; their digests."""
        store = Store(self.project)
        owners: list[AgentId | None] = [agent.id for agent in self.plan.agents]
        return {owner: store.put(self.tree.part(owner)) for owner in [*owners, None]}


def meta_folder(project: Project, meta: str | None) -> Path:
    """The meta templates: those that were named, else the project's, else the shipped ones."""
    if meta is not None:
        folder = Path(meta)
        if not folder.is_dir():
            raise InputError([Problem("no-meta-templates", f"{meta} is no folder", Place(meta), "name templates/meta")])
        return folder
    own = project.root / "templates" / "meta"
    return own if own.is_dir() else templates_folder() / "meta"


def input_digest(path: Path, project: Project, meta: str | None = None, settings: Settings | None = None) -> str:
    """A digest of everything that an extraction depends on: the collection, its code, templates, settings, and us."""
    base = path if path.is_dir() else path.parent
    whole = hashlib.sha256(f"{__version__}\n{package_digest()}\n".encode())
    whole.update(json.dumps(dict(settings or {}), sort_keys=True).encode())
    for file in (*collection_files(path), *implementation_files(base)):
        whole.update(f"\n{file.relative_to(base).as_posix()}\0".encode() + file.read_bytes())
    for folder in (templates_folder(), meta_folder(project, meta)):
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            whole.update(f"\n{file.relative_to(folder).as_posix()}\0".encode() + file.read_bytes())
    return whole.hexdigest()


def plan_of(
    path: Path, project: Project, meta: str | None = None, settings: Settings | None = None
) -> tuple[Collection, Plan]:
    """Read and plan; raises InputError with every problem."""
    collection = read_collection(path)
    return collection, make_plan(collection, read_meta(meta_folder(project, meta)), settings)


def prepare(path: Path, project: Project, meta: str | None = None, settings: Settings | None = None) -> Prepared:
    """Read, plan and render a collection; writes nothing.

    Raises:
        InputError: with every problem of the collection, glue, answers and meta templates.
    """
    collection = read_collection(path)
    templates = read_meta(meta_folder(project, meta))
    plan = make_plan(collection, templates, settings)
    digest = input_digest(path, project, meta, settings)
    return Prepared(project, path, collection, templates, plan, render(plan), digest)
