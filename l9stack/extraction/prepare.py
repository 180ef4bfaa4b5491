"""The first half of an extraction: from inputs to a rendered tree. What it returns goes to `prove.py`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from l9stack.errors import InputError, Problem
from l9stack.extraction.packages import Packages, packages_of
from l9stack.gates import static  # noqa: F401 - importing it registers the gates
from l9stack.gates.registry import unknown_gates
from l9stack.inputs import Inputs
from l9stack.inputs.generator import generator_digest
from l9stack.inputs.names import IMPLEMENTATIONS
from l9stack.model.artifact import RenderedTree
from l9stack.model.collection import Collection
from l9stack.model.meta import Meta
from l9stack.model.plan import Plan
from l9stack.names import AgentId
from l9stack.output.store import Store
from l9stack.planning.plan import make_plan
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.glue import read_default_glue
from l9stack.reading.meta import read_meta

T = TypeVar("T")


@dataclass(frozen=True)
class PreparedCollection:
    """Inputs that were read, planned and rendered; nothing of it is on disk until `stored`."""

    inputs: Inputs
    collection: Collection
    meta: Meta
    plan: Plan
    tree: RenderedTree

    @property
    def project(self) -> Project:
        """The project of the collection."""
        return self.inputs.project

    @cached_property
    def implementations(self) -> Path | None:
        """The user's own packages as they were read, in the store; None where there is none."""
        files = self.inputs.contents.implementations.files
        entry = {f"{IMPLEMENTATIONS}/{file.name}": file.data for file in files}
        store = Store(self.project)
        return store.path(store.put_files(entry)) / IMPLEMENTATIONS if entry else None

    @cached_property
    def packages(self) -> Packages | None:
        """The collection's own lock of third-party packages, if any."""
        return packages_of(self.inputs.contents.lock)

    def digests(self) -> dict[AgentId | None, str]:
        """The digest of each agent's part, and of the collection's own under None."""
        owners: list[AgentId | None] = [agent.id for agent in self.plan.agents]
        return {owner: self.tree.part_digest(owner) for owner in [*owners, None]}

    def stored(self) -> dict[AgentId | None, str]:
        """Put every part into the store; their digests."""
        store = Store(self.project)
        owners: list[AgentId | None] = [agent.id for agent in self.plan.agents]
        parts = {owner: store.put(self.tree.part(owner)) for owner in [*owners, None]}
        store.remember(rendering_key(self.inputs, self.plan), self.tree, parts)
        return parts


def read_inputs(inputs: Inputs) -> tuple[Collection, Meta]:
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

    collection = tried(lambda: read_collection(inputs))
    tried(lambda: packages_of(inputs.contents.lock))
    templates = tried(lambda: read_meta(inputs.contents.meta))
    if templates is not None:
        problems.extend(unknown_gates(templates.gates))
    if collection is None or collection.glue.file:
        problems.extend(inputs.contents.glue.faults)
    else:
        default = tried(lambda: read_default_glue(inputs.contents.glue))
        if default is not None:
            glue, notes = default
            collection = collection.model_copy(update={"glue": glue, "notes": (*collection.notes, *notes)})
    if problems or collection is None or templates is None:
        raise InputError(problems)
    return collection, templates


def plan_of(inputs: Inputs) -> tuple[Collection, Plan]:
    """Read and plan; raises InputError with every problem."""
    collection, templates = read_inputs(inputs)
    return collection, make_plan(collection, templates, inputs.settings)


def rendering_key(inputs: Inputs, plan: Plan) -> str:
    """The digest of all that a tree is rendered from: the inputs, what was decided about them, and what prints it."""
    planned = hashlib.sha256(plan.model_dump_json().encode()).hexdigest()
    return hashlib.sha256(json.dumps([inputs.digest, planned, generator_digest()]).encode()).hexdigest()


def prepare(inputs: Inputs, planned: Callable[[], None] = lambda: None) -> PreparedCollection:
    """Plan and render what was read, or recall what was rendered from the same; writes nothing.

    `planned` is called when the input is known to be right, before the rendering, which takes a while.

    Raises:
        InputError: with every problem of the collection, glue, answers and meta templates.
    """
    collection, templates = read_inputs(inputs)
    plan = make_plan(collection, templates, inputs.settings)
    planned()
    tree = Store(inputs.project).recall(rendering_key(inputs, plan))
    if tree is None:
        from l9stack.rendering.tree import render  # most commands find the tree known, and need no templates

        tree = render(plan)
    return PreparedCollection(inputs, collection, templates, plan, tree)
