"""Names that wirings and bindings give to operations: one that only resembles a known one would do nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from l9stack.errors import Place, Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.glue import ConnectionType
from l9stack.names import operation_name
from l9stack.planning.agent_glue import AgentGlue
from l9stack.planning.graph import Directory

_NEAR = 0.8


def check_names(
    agent: AgentSpec, glue: AgentGlue, endpoints: Iterable[str], directory: Directory, problems: list[Problem]
) -> None:
    """Collect slips in the names of an agent's operations; `endpoints` are those that its endpoints name.

    A binding is held to endpoints and wirings, a wiring to endpoints and bindings. A name of its own is none: glue may
    name operations that nothing else does. Nor is another form of the word (`assign`, `assigned`), nor a listed file.
    """
    wired: dict[str, Place] = {}
    for wiring in glue.wirings:
        if agent.id in directory.find(wiring.to_agent) and wiring.connection_type is not ConnectionType.EVENT_OBSERVE:
            for text in wiring.names:
                wired[str(operation_name(text) or text)] = wiring.place
    served = set(endpoints)
    bound: dict[str, Place] = {name: binding.place for name, binding in glue.bindings.items()}
    files = {path.removesuffix(".py").rsplit("/", 1)[-1] for path in agent.generate_files}
    for name, place in bound.items():
        unbound = (served | wired.keys()) - bound.keys()
        if name not in served | wired.keys() | files and (near := _slip(name, unbound)):
            message = f"operations: no endpoint, wiring or packet names {agent.id}.{name}"
            problems.append(Problem("unknown-operation", message, place, f"did you mean {agent.id}.{near}?"))
    for name, place in wired.items():
        if name not in served | bound.keys() | files and (near := _slip(name, served | bound.keys())):
            message = f"wirings: {agent.id} has no operation {name}"
            problems.append(Problem("unknown-operation", message, place, f"did you mean {near}?"))


def _slip(name: str, known: Iterable[str]) -> str:
    """The known name that was meant; empty where there is none, or where it is another form of the same word."""
    near = difflib.get_close_matches(name, sorted(known), 1, _NEAR)
    return near[0] if near and not (near[0].startswith(name) or name.startswith(near[0])) else ""
