"""What an operation is given beside its request."""

from __future__ import annotations

import asyncio
import functools
import inspect
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from l9stack.agent._calls.runtime import AgentRuntime, add_audit_entry
from l9stack.agent._messaging import peers
from l9stack.agent._messaging.envelope import PacketEnvelope, PacketMetadata, PacketType
from l9stack.agent.governance._decision import Escalation
from l9stack.agent.governance._policy import weigh
from l9stack.agent.operations import EscalatedError, Operation, PeerError, RefusedError
from l9stack.agent.records import PolicyVerdict, Record

R = TypeVar("R", bound=Record)


@functools.cache
def takes_context(function: Callable[..., Any]) -> bool:
    """Whether a user's function takes the context after the request: a second parameter that needs a value."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some built-in functions tell no signature
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(positional) > 1 and (positional[1].name == "context" or positional[1].default is positional[1].empty)


@dataclass(slots=True)
class OperationContext:
    """One call: its ids and time, and what the agent can reach."""

    runtime: AgentRuntime
    operation: Operation
    arguments: Mapping[str, Any]
    trace_id: str
    decision_id: str
    now: datetime
    log: Any
    asked_by: str = ""
    """The principal whose call it is, also where other agents passed it on: it never decides about it."""
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    triggers: list[tuple[str, str]] = field(default_factory=list)
    recalled: set[str] = field(default_factory=set)
    """Ids of the decisions that were found in memory."""

    async def ask(self, agent: str, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call another agent's operation and give back its response; raises PeerError or EscalatedError."""
        payload = {"operation": operation, "arguments": dict(arguments)}
        return await self._send(agent, payload, "query")

    async def ask_all(self, requests: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Call several operations, keyed `agent.operation`, at the same time; their responses under the same keys.

        The first that fails ends the others, and is what is raised: PeerError or EscalatedError.
        """

        async def asked(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
            agent, _, operation = name.rpartition(".")
            return await self.ask(agent, operation, arguments)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = {name: group.create_task(asked(name, arguments)) for name, arguments in requests.items()}
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        return {name: task.result() for name, task in tasks.items()}

    async def send(self, agent: str, packet_type: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Send a packet of a domain type and give back the answer; raises PeerError or EscalatedError."""
        payload = {"packet_type": packet_type, "arguments": dict(arguments)}
        return await self._send(agent, payload, "command")

    async def _send(self, agent: str, payload: Mapping[str, Any], kind: PacketType) -> dict[str, Any]:
        packet = PacketEnvelope(
            packet_id=uuid.uuid4(),
            source_agent=self.runtime.definition.id,
            destination_agent=agent,
            timestamp=datetime.now(UTC),
            payload=dict(payload),
            metadata=PacketMetadata(trace_id=uuid.UUID(self.trace_id)),
            packet_type=kind,
            provenance={"asked_by": self.asked_by} if self.asked_by else None,
        )
        return await peers.ask(self.runtime.transport, packet, self.operation.timeout_seconds)

    def answer_as(self, model: type[R], values: Mapping[str, Any], peer: str) -> R:
        """A response made of another agent's answer; a value that does not fit is the peer's fault."""
        try:
            return model.model_validate(dict(values))
        except ValidationError as error:
            raise PeerError(peer, "malformed", f"{error.error_count()} fields do not fit {model.__name__}") from error

    async def publish(self, event: str, payload: Mapping[str, Any]) -> None:
        """Publish an event once the call has succeeded."""
        self.events.append((event, dict(payload)))

    async def recall(self, match: Mapping[str, Any], limit: int = 20) -> list[dict[str, Any]]:
        """Earlier decisions of this agent whose request has these values, the newest first; no look-ups."""
        found = await self.runtime.memory.recall(match, limit)
        self.recalled.update(str(decision["decision_id"]) for decision in found)
        return found

    def referring(self, value: Any) -> Any:
        """A value as it is recorded: decisions that were recalled are named by their id, not kept once more.

        Kept in full, each look-up would hold all earlier ones, and records would grow without bound.
        """
        if isinstance(value, Mapping):
            known = value.get("decision_id")
            if "request" in value and known in self.recalled:
                return {"decision_id": known}
            return {name: self.referring(item) for name, item in value.items()}
        return [self.referring(item) for item in value] if isinstance(value, list) else value

    def check_policy(self, values: Mapping[str, Any]) -> PolicyVerdict:
        """What the escalation rules say of some values; the operation's criticality is among them."""
        return weigh(self.runtime.definition.governance, {"criticality": self.operation.criticality, **values})

    def raise_trigger(self, name: str, detail: str = "") -> None:
        """Raise one of the policy's named triggers, which asks for a person when the call ends; KeyError for another.

        What becomes of the answer is the policy's mode: see GovernancePolicy.
        """
        if name not in {trigger.name for trigger in self.runtime.definition.governance.triggers}:
            raise KeyError(name)
        self.triggers.append((name, detail))

    async def note(self, event: str, detail: Mapping[str, Any] | None = None) -> bool:
        """Add a named event to the agent's audit chain and log, under this call's trace; whether it was kept.

        What the detail says of `operation` or `decision_id` does not count: those are the call's own.
        """
        self.log.info("noted", noted=event)
        entry = {**(detail or {}), "operation": self.operation.name, "decision_id": self.decision_id}
        return await add_audit_entry(self.runtime, event, self.trace_id, entry)

    async def escalate(self, reason: str, severity: str = "") -> str:
        """Put this call before the governance anchors, beside its answer; the id of the decision that waits.

        `severity` is normal or critical, by default the operation's own. To hold the answer itself until somebody has
        decided, raise a trigger.
        """
        decision = await self._open(reason, severity or self.operation.severity)
        self.runtime.metrics.escalation("asked")
        return decision

    async def _open(self, reason: str, severity: str) -> str:
        return await self.runtime.governor.escalate(
            Escalation(
                operation=self.operation.name,
                arguments=self.arguments,
                reason=reason,
                trace_id=self.trace_id,
                severity=severity,
                asked_by=self.asked_by,
            )
        )

    async def unbound(self, response_model: type[Record]) -> NoReturn:
        """Ask the governance anchors, whose payload will be the answer; never returns."""
        if self.runtime.governor.policy.unbound == "refuse":
            raise RefusedError(f"{self.operation.name} is unbound, and the policy refuses unbound operations")
        reason = f"{self.operation.name} is unbound: an anchor's {response_model.__name__} is its answer"
        decision = await self._open(reason, self.operation.severity)
        raise EscalatedError(decision, reason)

    async def call_implementation(self, function: Callable[..., Any], request: Record, response_model: type[R]) -> R:
        """Run a user's function, plain or async; it answers with a response or a mapping.

        It is given the request, and this context as well where it takes `(request, context)`.
        """
        result = function(request, self) if takes_context(function) else function(request)
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, response_model):
            return result
        return response_model.model_validate(result if isinstance(result, Mapping) else vars(result))
