"""What agents of a collection ask of each other."""

from __future__ import annotations

from l9stack.model.plan import Edge, EdgeKind, OperationPlan, Plan
from l9stack.names import operation_name

_WIRED = {EdgeKind.API_CALL: "", EdgeKind.PACKET_SEND: "", EdgeKind.EVENT_OBSERVE: "on_"}
"""The kinds of edges that end at operations, with what is put before an event's name."""


def asked(plan: Plan) -> tuple[int, list[str]]:
    """How many operations agents ask of each other over their wirings, and those of them that nobody has bound.

    What is tested of the latter is that they wait for an anchor, or are refused, and that is another thing than an
    answer: hence they are counted apart.
    """
    found: dict[str, bool] = {}
    for edge in plan.edges:
        target = next((agent for agent in plan.agents if agent.id == edge.target), None)
        if target is None or edge.kind not in _WIRED:
            continue
        for operation in target.operations:
            if _ends_at(edge, operation):
                found[f"{edge.source} → {edge.target}.{operation.name}"] = operation.bound
    return len(found), sorted(call for call, bound in found.items() if not bound)


def _ends_at(edge: Edge, operation: OperationPlan) -> bool:
    names = {operation_name(f"{_WIRED[edge.kind]}{name}") for name in edge.names}
    return operation.name in names or bool({*edge.names} & {*operation.packet_types})
