"""What the tests of one operation send and expect."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.glue import QueryMemoryBehaviour, RouteBehaviour
from l9stack.model.plan import AgentPlan, OperationPlan, Plan
from l9stack.planning.expressions import parse
from l9stack.rendering.cases import Case, Values, cases
from l9stack.rendering.code.behaviours import sent_as_packet
from l9stack.rendering.code.operations import event_of, request_name, response_name
from l9stack.rendering.quoting import python
from l9stack.rendering.samples import another, record, refused
from l9stack.rendering.suites.literals import changed, row, title

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
    unfit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperationTests:
    """The tests of one operation; `answers` and the like are rows of source text."""

    name: str
    kind: str
    arguments: Values
    declared: bool
    response: Values | None
    answers: tuple[str, ...]
    refused: tuple[str, ...]
    answers_refused: tuple[str, ...]
    routes: tuple[str, ...]
    """Paths without parameters that take a POST."""
    payloads: tuple[tuple[str, str], ...]
    """By what a packet may name the operation."""
    event: str
    reusable: bool
    record_id: bool
    request_model: str
    response_model: str
    peer: PeerTests | None
    limit: int
    match: tuple[tuple[str, JsonValue], ...]
    """Fields by which decisions are looked up, each with another value than the usual one."""
    found: tuple[str, ...]

    @property
    def constant(self) -> str:
        """The constant that holds a good request."""
        return f"{self.name.upper()}_REQUEST"

    @property
    def decided(self) -> Values:
        """An answer that an anchor may give."""
        return {"answer": "given by an anchor"} if self.response is None else self.response


def operation_tests(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> OperationTests:
    """The tests of one operation."""
    behaviour, name = operation.behaviour, f"{operation.name.upper()}_REQUEST"
    found = cases(plan, agent, operation)
    arguments = dict(UNDECLARED) if operation.request is None else record(operation.request)
    response = None if operation.response is None else record(operation.response)
    peer = _peer(plan, agent, operation.name, behaviour, found) if isinstance(behaviour, RouteBehaviour) else None
    looked_up = behaviour if isinstance(behaviour, QueryMemoryBehaviour) else None
    specs = {spec.name: spec for spec in operation.request or ()}
    fields = {spec.name for spec in operation.response or ()}
    return OperationTests(
        name=operation.name,
        kind=behaviour.kind,
        arguments=arguments,
        declared=operation.request is not None,
        response=response,
        answers=tuple(_answer(case, operation.name, arguments, peer) for case in found),
        refused=tuple(
            row((changed(name, arguments, values), repr(field)), why)
            for why, values, field in refused(operation.request or ())
            if operation.request is not None
        ),
        answers_refused=tuple(
            row([changed(f"{operation.name.upper()}_DECIDED", response or {}, values)], why)
            for why, values in _wrong_answers(operation)
        ),
        routes=tuple(r.path for r in operation.routes if r.method == "POST" and "{" not in r.path),
        payloads=(("operation", operation.name), *(("packet_type", kind) for kind in operation.packet_types)),
        event=event_of(operation),
        reusable=operation.reusable,
        record_id=behaviour.kind == "record" and "record_id" in fields,
        request_model=request_name(operation),
        response_model=response_name(operation),
        peer=peer,
        limit=looked_up.limit if looked_up else 0,
        match=tuple((field, another(specs[field])) for field in looked_up.match) if looked_up else (),
        found=tuple(field for field in ("count", "decisions") if looked_up and field in fields),
    )


def _peer(plan: Plan, agent: AgentPlan, own: str, route: RouteBehaviour, found: tuple[Case, ...]) -> PeerTests:
    peer, _, wanted = route.to.rpartition(".")
    target = plan.agent(peer).operation(wanted)
    packet = sent_as_packet(agent, peer, target)
    specs = target.response or ()
    read = {name for text in route.assign.values() for name in parse(text).names}
    used = {spec.name for spec in specs if f"answer.{spec.name}" in read}
    said = found[0].said if found else record(specs)
    return PeerTests(
        id=peer,
        asked=packet or wanted,
        verb="packet_type" if packet else "operation",
        said=said,
        unfit=tuple(
            row([changed(f"{own.upper()}_SAID", said, _with_only(said, field, values))], why)
            for why, values, field in refused(specs)
            if field in used
        ),
    )


def _with_only(said: Values, field: str, values: Values) -> Values:
    """What a peer says, but for one field, which is as in `values`, and absent where it is absent there."""
    return {name: value for name, value in said.items() if name != field} | {
        name: value for name, value in values.items() if name == field
    }


def _answer(case: Case, operation: str, arguments: Values, peer: PeerTests | None) -> str:
    """A request, what the peer says and is asked where there is one, the answer, and what governance says of it."""
    governance = repr("ESCALATED" if case.fired else "APPROVED")
    request = changed(f"{operation.upper()}_REQUEST", arguments, case.arguments)
    named = title(arguments, case.arguments, "" if peer else "the sample")
    if peer is None:
        return row((request, python(case.expected), governance), named)
    answered = title(peer.said, case.said, "")
    named = "; ".join(filter(None, (named, f"said {answered}" if answered else ""))) or "the sample"
    said = changed(f"{operation.upper()}_SAID", peer.said, case.said)
    return row((request, said, python(case.sent), python(case.expected), governance), named)


def _wrong_answers(operation: OperationPlan) -> list[tuple[str, Values]]:
    """Answers of an anchor that do not fit the response; an undeclared field is the last of them."""
    if operation.response is None:
        return []
    *wrong, undeclared = ((why, values) for why, values, _ in refused(operation.response))
    return [*wrong[:_MAX_ANSWERS_REFUSED], undeclared]
