"""What the body of an operation says, decided from its behaviour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.glue import (
    ConnectionType,
    DecisionTableBehaviour,
    FieldSpec,
    Implementation,
    QueryMemoryBehaviour,
    RecordBehaviour,
    RouteBehaviour,
    TransformBehaviour,
)
from l9stack.model.plan import AgentPlan, OperationPlan, Plan
from l9stack.names import class_name
from l9stack.planning.expression_types import fits, kind_of
from l9stack.planning.expressions import Expression, parse
from l9stack.rendering.fields import ModelView, model
from l9stack.rendering.imports import Imports
from l9stack.rendering.quoting import python

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ResponseView:
    """A response to be made: field and source text of each value. `exact` ones pass as keyword arguments."""

    pairs: Pairs
    exact: bool = True

    @property
    def keywords(self) -> str:
        """The values as keyword arguments."""
        return ", ".join(f"{name}={text}" for name, text in self.pairs)

    @property
    def entries(self) -> str:
        """The values as entries of a dict."""
        return ", ".join(f"{python(name)}: {text}" for name, text in self.pairs)


@dataclass(frozen=True, slots=True)
class BehaviourView:
    """The parts of a body; which of them are there depends on `kind`."""

    kind: str
    answer: ResponseView = ResponseView(())
    rows: tuple[tuple[str, ResponseView], ...] = ()
    peer: str = ""
    verb: str = ""
    named: str = ""
    sends: ResponseView = ResponseView(())
    """What goes out to a peer, or what memory is asked for."""
    part: str = ""
    """The class of the used part of a peer's answer; empty where nothing of it is used."""
    limit: int = 0
    function: str = ""


def source(expression: Expression) -> str:
    """Python source of an expression in the body of an operation."""
    return expression.python(lambda name: name if name.startswith("answer.") else f"request.{name}")


def view_behaviour(
    plan: Plan, agent: AgentPlan, operation: OperationPlan, imports: Imports, taken: set[str]
) -> tuple[BehaviourView, ModelView | None]:
    """The body's view, and the class for the used part of a peer's answer where there is one."""
    request = {spec.name: spec for spec in operation.request or ()}
    behaviour = operation.behaviour
    kind = behaviour.kind
    match behaviour:
        case DecisionTableBehaviour(rows=rows, otherwise=otherwise):
            chain = tuple((source(parse(row.when)), _values(row.then, operation, request)) for row in rows)
            return BehaviourView(kind, rows=chain, answer=_values(otherwise, operation, request)), None
        case TransformBehaviour(assign=assign):
            return BehaviourView(kind, answer=_assigned(assign, operation, request)), None
        case RecordBehaviour(assign=assign):
            return BehaviourView(kind, answer=_receipt(assign, operation, request)), None
        case QueryMemoryBehaviour(match=match, limit=limit):
            sends = ResponseView(tuple((name, f"request.{name}") for name in match))
            return BehaviourView(kind, sends=sends, limit=limit, answer=_given(operation, _FOUND)), None
        case Implementation(target=target):
            return BehaviourView(kind, function=_import(target, imports, taken)), None
        case RouteBehaviour():
            return _route(plan, agent, operation, behaviour, imports)
        case _ if kind == "check_policy":
            return BehaviourView(kind, answer=_given(operation, _VERDICT)), None
    return BehaviourView(kind), None


_FOUND = {"count": "len(found)", "decisions": "found"}
_VERDICT = {"status": "verdict.status", "fired": "verdict.fired", "anchors": "verdict.anchors"}


def _given(operation: OperationPlan, known: Mapping[str, str]) -> ResponseView:
    names = {spec.name for spec in operation.response or ()}
    # A count has its field's very type; lists of decisions and of names are checked on their way in.
    return ResponseView(tuple((name, text) for name, text in known.items() if name in names), exact=names <= {"count"})


def _assigned(assign: Mapping[str, str], operation: OperationPlan, fields: Mapping[str, FieldSpec]) -> ResponseView:
    parsed = {name: parse(text) for name, text in assign.items()}
    specs = {spec.name: spec for spec in operation.response or ()}
    exact = all(fits(kind_of(parsed[name].tree, fields), specs[name]) for name in parsed)
    return ResponseView(tuple((name, source(parsed[name])) for name in specs if name in parsed), exact)


def _values(values: Mapping[str, JsonValue], operation: OperationPlan, fields: Mapping[str, FieldSpec]) -> ResponseView:
    pairs: list[tuple[str, str]] = []
    exact = True
    for spec in operation.response or ():
        if spec.name not in values:
            continue
        value = values[spec.name]
        if isinstance(value, str) and value.startswith("="):
            expression = parse(value[1:])
            exact = exact and fits(kind_of(expression.tree, fields), spec)
            pairs.append((spec.name, source(expression)))
        else:
            exact = exact and spec.type not in ("object", "any")
            pairs.append((spec.name, python(value)))
    return ResponseView(tuple(pairs), exact)


def _receipt(assign: Mapping[str, str], operation: OperationPlan, fields: Mapping[str, FieldSpec]) -> ResponseView:
    answer = _assigned(assign, operation, fields)
    if any(spec.name == "record_id" for spec in operation.response or ()) and "record_id" not in assign:
        return ResponseView((("record_id", "context.decision_id"), *answer.pairs), answer.exact)
    return answer


def _import(target: str, imports: Imports, taken: set[str]) -> str:
    module, _, function = target.partition(":")
    name = function
    while name in taken:
        name = f"{name}_implementation"
    taken.add(name)
    imports.add(module, function if name == function else f"{function} as {name}")
    return name


def _route(
    plan: Plan, agent: AgentPlan, operation: OperationPlan, route: RouteBehaviour, imports: Imports
) -> tuple[BehaviourView, ModelView | None]:
    peer, _, wanted = route.to.rpartition(".")
    target = plan.agent(peer).operation(wanted)
    packet = sent_as_packet(agent, peer, target)
    fields = {spec.name: spec for spec in operation.request or ()}
    used = _used(route.assign.values())
    specs = [spec for spec in target.response or () if spec.name in used]
    part = None
    if used and target.response is not None:
        summary = f"The part of {peer}'s answer to {wanted} that is used here."
        part = model(f"{class_name(wanted)}Answer", summary, specs, imports)
        imports.add("pydantic", "ConfigDict")
        fields |= {f"answer.{spec.name}": spec for spec in specs}
    sends = ResponseView(tuple((name, source(parse(text))) for name, text in route.send.items()))
    view = BehaviourView(
        "route",
        answer=_assigned(route.assign, operation, fields),
        peer=peer,
        verb="send" if packet else "ask",
        named=packet or wanted,
        sends=sends,
        part=part.name if part else "",
    )
    return view, part


def sent_as_packet(agent: AgentPlan, peer: str, target: OperationPlan) -> str:
    """The packet type by which a wiring sends to that operation; empty where it is called by name."""
    for edge in agent.edges:
        if edge.source == agent.id and edge.target == peer and edge.kind.value == ConnectionType.PACKET_SEND.value:
            for name in edge.names:
                if name in target.packet_types:
                    return name
    return ""


def _used(texts: Iterable[str]) -> set[str]:
    names = {name for text in texts for name in parse(text).names}
    return {name.removeprefix("answer.") for name in names if name.startswith("answer.")}
