"""The catalogue of families: a row says which file names it answers to and which template renders it.

Adding a family is one row here, one template, and one golden case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from l9stack.model.agent import AgentSpec
from l9stack.names import ModulePath


@dataclass(frozen=True, slots=True)
class Family:
    """One row: `stems` are file names without `.py`; `condition` may refuse an agent that lacks what it needs."""

    name: str
    template: str
    stems: frozenset[str]
    folders: frozenset[str] = frozenset()
    condition: Callable[[AgentSpec], bool] = lambda agent: True


OPERATIONS = Family("operations", "modules/operations.py.j2", frozenset())

CATALOGUE = (
    Family("package", "modules/package.py.j2", frozenset({"__init__"})),
    Family("controller", "modules/controller.py.j2", frozenset({"controller", "agent_controller"})),
    Family(
        "memory_bridge",
        "modules/memory_bridge.py.j2",
        frozenset({"memory_bridge", "memorymanager", "memory_manager"}),
        condition=lambda agent: bool(agent.memory),
    ),
    Family(
        "governance_bridge", "modules/governance_bridge.py.j2", frozenset({"governance_bridge", "governancebridge"})
    ),
    Family("config", "modules/config.py.j2", frozenset({"config", "config_manager"})),
    Family("routes", "modules/routes.py.j2", frozenset({"routes", "api_routes"}), frozenset({"api"})),
)


def family_of(path: ModulePath, agent: AgentSpec) -> Family:
    """The row that a file belongs to; whatever no row answers to is an operation module."""
    *folders, name = path.removesuffix(".py").split("/")
    for family in CATALOGUE:
        named = name in family.stems or (name != "__init__" and bool(folders) and folders[-1] in family.folders)
        if named and family.condition(agent):
            return family
    return OPERATIONS


def dotted(agent: AgentSpec, path: ModulePath) -> str:
    """The import path of an agent's file; a package's `__init__` is the package."""
    inner = path.removesuffix(".py").replace("/", ".")
    whole = f"{agent.root_path.replace('/', '.')}.{inner}"
    return whole.removesuffix(".__init__")
