"""From a path to a rendered tree."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from l9stack.errors import InputError, Problem
from l9stack.extraction.inputs import Settings, glue_folder, input_digest, materials, meta_folder
from l9stack.extraction.packages import Packages, packages_of
from l9stack.extraction.remembered import recall, remember
from l9stack.gates import static  # noqa: F401 - importing it registers the gates
from l9stack.gates.registry import unknown_gates
from l9stack.model.artifact import RenderedTree
from l9stack.model.collection import Collection, SourceFile
from l9stack.model.meta import Meta
from l9stack.model.plan import Plan
from l9stack.names import AgentId
from l9stack.output.store import Store
from l9stack.planning.plan import make_plan
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.glue import read_default_glue
from l9stack.reading.meta import read_meta
from l9stack.sources import implementation_files

T = TypeVar("T")


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
    def packages(self) -> Packages | None:
        """The collection's own lock of third-party packages, if any."""
        return packages_of(self.path)

    @cached_property
    def own_code(self) -> dict[str, str]:
        """Digests of the user's own implementation files, by path."""
        root = Path(self.collection.root)
        found = implementation_files(root)
        return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}

    def materials(self) -> tuple[SourceFile, ...]:
        """Every file that the tree is made from, as it is now."""
        found = materials(self.path, self.project, self.meta.folder)
        return tuple(SourceFile(path=path, sha256=sha256) for path, sha256 in sorted(found.items()))

    def digests(self) -> dict[AgentId | None, str]:
        """The digest of each agent's part, and of the collection's own under None."""
        owners: list[AgentId | None] = [agent.id for agent in self.plan.agents]
        return {owner: self.tree.part_digest(owner) for owner in [*owners, None]}

    def stored(self) -> dict[AgentId | None, str]:
        """Put every part into the store; their digests."""
        store = Store(self.project)
        owners: list[AgentId | None] = [agent.id for agent in self.plan.agents]
        parts = {owner: store.put(self.tree.part(owner)) for owner in [*owners, None]}
        remember(self.project, self.input_digest, self.tree, parts)
        return parts


def read_inputs(path: Path, project: Project, meta: str | None = None) -> tuple[Collection, Meta]:
    """The collection, with the project's own glue where none lies beside it, and the meta templates.

    Raises:
        InputError: with every problem of all of them, rows of the checklist that nothing measures included.
    """
    problems: list[Problem] = []

    def tried(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except InputError as error:
            problems.extend(error.problems)
            return None

    collection = tried(lambda: read_collection(path))
    tried(lambda: packages_of(path))
    templates = tried(lambda: read_meta(meta_folder(path, project, meta)))
    if templates is not None:
        problems.extend(unknown_gates(templates.gates))
    if collection is not None and not collection.glue.file:
        default = tried(lambda: read_default_glue(glue_folder(path, project)))
        if default is not None:
            glue, notes = default
            collection = collection.model_copy(update={"glue": glue, "notes": (*collection.notes, *notes)})
    if problems or collection is None or templates is None:
        raise InputError(problems)
    return collection, templates


def plan_of(
    path: Path, project: Project, meta: str | None = None, settings: Settings | None = None
) -> tuple[Collection, Plan]:
    """Read and plan; raises InputError with every problem."""
    collection, templates = read_inputs(path, project, meta)
    return collection, make_plan(collection, templates, settings)


def prepare(
    path: Path,
    project: Project,
    meta: str | None = None,
    settings: Settings | None = None,
    planned: Callable[[], None] = lambda: None,
) -> Prepared:
    """Read, plan and render a collection, or recall what was rendered from the same; writes nothing.

    `planned` is called when the input is known to be right, before the rendering, which takes a while.

    Raises:
        InputError: with every problem of the collection, glue, answers and meta templates.
    """
    collection, templates = read_inputs(path, project, meta)
    plan = make_plan(collection, templates, settings)
    digest = input_digest(path, project, meta, settings)
    planned()
    tree = recall(project, digest)
    if tree is None:
        from l9stack.rendering.tree import render  # most commands find the tree known, and need no templates

        tree = render(plan)
    return Prepared(project, path, collection, templates, plan, tree, digest)
