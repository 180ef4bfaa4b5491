"""What is mutated: every module that is generated of three collections, and a sample of its mutants.

Between them they have a module of every family and every declared behaviour.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.inputs import Inputs
from l9stack.project import Project
from tests.mutants.mutants import Mutant, mutants_of

ROOT = Path(__file__).parents[2]
COLLECTIONS = (
    ROOT / "input_schemas" / "claims_desk",
    ROOT / "tests" / "golden" / "behaviours",
    ROOT / "tests" / "golden" / "families",
)


@dataclass(frozen=True)
class Module:
    """A generated module: where it lies in its collection's tree, and the tests that are its own."""

    collection: str
    agent: str
    family: str
    path: str
    own_tests: str
    text: str

    @cached_property
    def mutants(self) -> list[Mutant]:
        """All of them."""
        return mutants_of(self.text)


Chosen = tuple[Module, Mutant]


def collections(project: Path, paths: Iterable[Path] = COLLECTIONS) -> list[PreparedCollection]:
    """The collections, read, planned and rendered; nothing is on disk. `project` is an empty folder."""
    return [prepare(Inputs.read(Project(project), path)) for path in paths]


def modules(prepared: PreparedCollection) -> Iterator[Module]:
    """The generated modules of a collection, but for packages: those are a docstring."""
    texts = {artifact.path: artifact.text for artifact in prepared.tree.artifacts}
    for agent in prepared.plan.agents:
        for module in agent.modules:
            if module.family == "package" or module.imported is not None:
                continue
            path = f"code/{agent.spec.root_path}/{module.path}"
            flat = module.path.removesuffix(".py").replace("/", "_")
            own = f"tests/agents/{agent.id}/test_{flat}.py"
            assert own in texts, f"{path} has no tests of its own at {own}"
            yield Module(prepared.plan.collection, agent.id, module.family, path, own, texts[path])


def sample(population: Iterable[Module], count: int, seed: int) -> list[Chosen]:
    """`count` mutants, as many of each family as of any other while it has any left; the same for the same seed."""
    left: dict[str, list[Chosen]] = {}
    for module in population:
        left.setdefault(module.family, []).extend((module, mutant) for mutant in module.mutants)
    for family, mutants in left.items():
        random.Random(f"{seed} {family}").shuffle(mutants)
    found: list[Chosen] = []
    while len(found) < count and any(left.values()):
        for family in sorted(left):
            if left[family] and len(found) < count:
                found.append(left[family].pop())
    return found
