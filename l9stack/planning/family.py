"""A family of modules: what a row of the catalogue says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from l9stack.names import ModulePath
from l9stack.planning.agent_facts import AgentFacts

Subject = Callable[[str, AgentFacts], str]
"""The file's name without `.py`, and the facts, to what the module is about; empty where it is not of the family."""


@dataclass(frozen=True, slots=True)
class Family:
    """One row. `stems` are file names without `.py`, whose underscores do not count; `condition` may refuse an agent.

    `subject` answers to names of a pattern instead, which `patterns` shows to people. An `only` family has one module
    an agent: others of its names are operation modules. `holds` says in documents what such a module holds, `needs`
    what the condition asks for.
    """

    name: str
    holds: str
    stems: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    condition: Callable[[AgentFacts], bool] = lambda facts: True
    subject: Subject | None = None
    patterns: tuple[str, ...] = ()
    only: bool = True
    needs: str = ""
    title: str = ""
    """What a module says of itself behind the agent's name, `{}` for its subject; empty where that is the agent's."""
    operations: bool = False
    """Whether its modules may define operations."""
    declares: str = ""
    """The name by which a module of it declares a part of the agent, for the controller and the manifest."""

    @property
    def template(self) -> str:
        """The template of its modules, unless glue names one of the collection's own."""
        return f"modules/{self.name}.py.j2"

    def answers(self, path: ModulePath) -> bool:
        """Whether the row answers to a file's name, or to its folder's."""
        *folders, name = path.removesuffix(".py").split("/")
        if name == "__init__":
            return name in self.stems
        compact = name.replace("_", "")
        return any(compact == stem.replace("_", "") for stem in self.stems) or (
            bool(folders) and folders[-1] in self.folders
        )
