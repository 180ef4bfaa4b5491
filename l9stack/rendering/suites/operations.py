"""What the tests of one operation send and expect."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.glue import QueryMemoryBehaviour, RouteBehaviour
from l9stack.model.plan import AgentPlan, OperationPlan, Plan
from l9stack.planning.expressions import parse
from l9stack.rendering.cases import ExpectedCase, Values, cases
from l9stack.rendering.code.behaviours import sent_as_packet
from l9stack.rendering.code.operations import event_of
from l9stack.rendering.samples import another_value, invalid_requests, record
from l9stack.rendering.suites.literals import changes, wrong

_MAX_ANSWERS_REFUSED = 4
UNDECLARED: Values = {"note": "any object"}
"""What is sent where nobody has declared a request."""


@dataclass(frozen=True, slots=True)
class PeerTests:
    """The other agent that an operation asks, what it says by default, and rows of what it must not say.

    Those are wrong in a field that is used; what is wrong in another one is no concern of the operation.
    """

    id: str
    asked: str
    verb: str
    said: Values
    sent: Values
    unfit: str


@dataclass(frozen=True, slots=True)
class OperationTests:
    """The test of one operation; `cases`, `refused` and `unfit` are source text."""

    name: str
    kind: str
    summary: str
    arguments: Values
    declared: bool
    response: Values | None
    answer: Values
    """What is answered to the sample, where that is known beforehand."""
    cases: tuple[str, ...]
    """Arguments of each case: what is different from the sample."""
    refused: str
    unfit: str
    """What an anchor's answer must not have."""
    routes: tuple[str, ...]
    """Paths without parameters that take a POST."""
    packet_types: tuple[str, ...]
    event: str
    reusable: bool
    record_id: bool
    peer: PeerTests | None
    limit: int
    match: tuple[tuple[str, JsonValue], ...]
    """Fields by which decisions are looked up, each with another value than the usual one."""
    found: tuple[str, ...]

    @property
    def decided(self) -> Values:
        """An answer that an anchor may give."""
        return {"answer": "given by an anchor"} if self.response is None else self.response


def operation_tests(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> OperationTests:
    """The tests of one operation."""
    behaviour, found = operation.behaviour, cases(plan, agent, operation)
    arguments = dict(UNDECLARED) if operation.request is None else record(operation.request)
    response = None if operation.response is None else record(operation.response)
    peer = _peer(plan, agent, behaviour, found) if isinstance(behaviour, RouteBehaviour) else None
    looked_up = behaviour if isinstance(behaviour, QueryMemoryBehaviour) else None
    specs = {spec.name: spec for spec in operation.request or ()}
    fields = {spec.name for spec in operation.response or ()}
    usual = ExpectedCase(arguments, found[0].expected if found else {})
    return OperationTests(
        name=operation.name,
        kind=behaviour.kind,
        summary=operation.summary,
        arguments=arguments,
        declared=operation.request is not None,
        response=response,
        answer=usual.expected,
        cases=tuple(_case(case, usual, peer) for case in found),
        refused=wrong((values, field) for _, values, field in invalid_requests(operation.request or ()))
        if operation.request is not None
        else "{}",
        unfit=wrong(_wrong_answers(operation)),
        routes=tuple(r.path for r in operation.routes if r.method == "POST" and "{" not in r.path),
        packet_types=operation.packet_types,
        event=event_of(operation),
        reusable=operation.reusable,
        record_id=behaviour.kind == "record" and "record_id" in fields,
        peer=peer,
        limit=looked_up.limit if looked_up else 0,
        match=tuple((field, another_value(specs[field])) for field in looked_up.match) if looked_up else (),
        found=tuple(field for field in ("count", "decisions") if looked_up and field in fields),
    )


def _peer(plan: Plan, agent: AgentPlan, route: RouteBehaviour, found: tuple[ExpectedCase, ...]) -> PeerTests:
    peer, _, wanted = route.to.rpartition(".")
    target = plan.agent(peer).operation(wanted)
    packet = sent_as_packet(agent, peer, target)
    specs = target.response or ()
    read = {name for text in route.assign.values() for name in parse(text).names}
    used = {spec.name for spec in specs if f"answer.{spec.name}" in read}
    return PeerTests(
        id=peer,
        asked=packet or wanted,
        verb="packet_type" if packet else "operation",
        said=found[0].said if found else record(specs),
        sent=found[0].sent if found else {},
        unfit=wrong((values, field) for _, values, field in invalid_requests(specs) if field in used),
    )


def _case(case: ExpectedCase, usual: ExpectedCase, peer: PeerTests | None) -> str:
    """Arguments of a case: what is different in the request, the answer, and what the peer says and is sent."""
    parts = {"request": changes(case.arguments, usual.arguments), "answer": changes(case.expected, usual.expected)}
    if peer is not None:
        parts |= {"said": changes(case.said, peer.said), "sent": changes(case.sent, peer.sent)}
    told = [f"{name}={text}" for name, text in parts.items() if text != "{}"]
    return ", ".join([*told, *(["escalates=True"] if case.fired else [])])


def _wrong_answers(operation: OperationPlan) -> list[tuple[Values, str]]:
    """Answers of an anchor that do not fit the response; an undeclared field is the last of them."""
    if operation.response is None:
        return []
    *rows, undeclared = ((values, field) for _, values, field in invalid_requests(operation.response))
    return [*rows[:_MAX_ANSWERS_REFUSED], undeclared]
