"""Packets: checked, processed once each, answered with a packet."""

from __future__ import annotations

import contextlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from redis.exceptions import RedisError

from l9stack.agent._calls.answers import Answer, field_errors, pending, problem
from l9stack.agent._calls.pipeline import Invocation, run
from l9stack.agent._calls.runtime import AgentRuntime
from l9stack.agent._messaging import leases
from l9stack.agent._messaging.envelope import PacketEnvelope, PacketMetadata
from l9stack.agent._protocol import PacketError
from l9stack.agent._security.keys import Trust
from l9stack.agent._security.tokens import Caller
from l9stack.agent.governance._decision import Escalation
from l9stack.agent.operations import Operation

_KEEP_SECONDS = 86400


class Packets:
    """Receives packets for one agent."""

    def __init__(self, runtime: AgentRuntime, trust: Trust) -> None:
        self._runtime = runtime
        self._definition = runtime.definition
        self._trust = trust

    async def receive(self, body: dict[str, Any], caller: Caller, trace_id: str) -> Answer:
        """Answer a packet: 200 with a result packet, 202 where it waits, a problem otherwise."""
        protocol, now = self._definition.protocol, datetime.now(UTC)
        source = caller.principal.removeprefix("agent:")
        try:
            fields = protocol.read(body, source=source, destination=self._definition.id, trace_id=trace_id, now=now)
            packet = PacketEnvelope.model_validate(fields)
        except ValidationError as error:
            return problem(400, "invalid-packet", field_errors(error), trace_id)
        except PacketError as error:
            return problem(400, "invalid-packet", str(error), trace_id)
        trace_id = str(packet.metadata.trace_id)
        if refused := self._refused(packet, caller, trace_id):
            return refused
        if packet.expired(datetime.now(UTC)):
            self._runtime.log.warning("packet expired", trace_id=trace_id, packet_id=str(packet.packet_id))
            return problem(410, "expired", "the packet is past its time to live", trace_id)
        operation, arguments = self._target(packet)
        if operation is None:
            known = ", ".join(op.name for op in self._definition.operations)
            return problem(404, "unknown-operation", f"the payload names no operation of: {known}", trace_id)
        if packet.metadata.governance_flags:
            return await self._flagged(packet, operation, arguments, caller, trace_id)
        return await self._once(packet, operation, arguments, caller, trace_id)

    def _refused(self, packet: PacketEnvelope, caller: Caller, trace_id: str) -> Answer | None:
        if packet.destination_agent != self._definition.id:
            return problem(404, "unknown-agent", f"this is {self._definition.id}", trace_id)
        source = packet.source_agent
        wanted = source if source == "operator" else f"agent:{source}"
        if wanted not in self._trust.principals():
            return problem(404, "unknown-agent", "source_agent is not registered", trace_id)
        if caller.principal != wanted:
            return problem(403, "not-the-sender", "the token is not of source_agent", trace_id)
        if not packet.intact():
            return problem(400, "invalid-packet", "content_hash is not of this payload", trace_id)
        return None

    def _target(self, packet: PacketEnvelope) -> tuple[Operation | None, dict[str, Any]]:
        """The operation by the payload's `operation`, or by its domain `packet_type`; arguments beside it."""
        payload = packet.payload
        name = payload.get("operation")
        if not isinstance(name, str):
            domain = payload.get("packet_type")
            name = self._definition.packet_types.get(domain, "") if isinstance(domain, str) else ""
        arguments = payload.get("arguments", {})
        return self._definition.operation(name), arguments if isinstance(arguments, dict) else {}

    async def _flagged(
        self, packet: PacketEnvelope, operation: Operation, arguments: dict[str, Any], caller: Caller, trace_id: str
    ) -> Answer:
        """A packet that carries governance flags is escalated before it is processed."""
        reason = f"governance flags: {', '.join(packet.metadata.governance_flags)}"
        try:
            decision = await self._runtime.governor.escalate(
                Escalation(
                    operation=operation.name,
                    arguments=arguments,
                    reason=reason,
                    trace_id=trace_id,
                    severity=packet.metadata.priority,
                    asked_by=_origin(packet, caller),
                )
            )
        except Exception as error:
            return problem(503, "governance-unavailable", type(error).__name__, trace_id)
        self._runtime.metrics.escalation("flagged")
        return pending(decision, reason, self._definition.governance.anchors, trace_id)

    async def _once(
        self, packet: PacketEnvelope, operation: Operation, arguments: dict[str, Any], caller: Caller, trace_id: str
    ) -> Answer:
        """A packet id is processed once; its duplicate gets the first answer."""
        memory = self._runtime.memory
        key = f"{memory.namespace}:packets:{self._definition.id}:{packet.packet_id}"
        try:
            earlier = await leases.take_lease(memory.redis, key, leases.lease_seconds(operation))
            if earlier is not None:
                return _again(earlier, trace_id)
        except Exception as error:
            # Without Redis a duplicate cannot be told: nothing is processed rather than processed twice.
            return problem(503, "registry-unavailable", type(error).__name__, trace_id)
        origin = _origin(packet, caller)
        decision = leases.decision_id(
            memory.namespace, self._definition.id, "packet", caller.principal, str(packet.packet_id)
        )
        invocation = Invocation(
            operation=operation,
            arguments=arguments,
            trace_id=trace_id,
            caller=caller.principal,
            origin=origin,
            decision_id=decision,
        )
        answer = await run(self._runtime, invocation)
        if answer.status != 200:
            with contextlib.suppress(RedisError):  # it ends by itself, later
                await memory.redis.delete(key)
            return answer
        result = PacketEnvelope(
            packet_id=uuid.uuid4(),
            source_agent=self._definition.id,
            destination_agent=packet.source_agent,
            timestamp=datetime.now(UTC),
            payload=answer.body,
            metadata=PacketMetadata(trace_id=packet.metadata.trace_id, priority=packet.metadata.priority),
            packet_type="result",
            thread_id=packet.thread_id,
        )
        body = self._definition.protocol.write(result.model_dump(mode="json", exclude_none=True))
        kept = {"body": body, "decision": answer.decision_id, "governance": answer.governance}
        degraded = answer.degraded
        try:
            await memory.redis.set(key, json.dumps(kept), ex=_KEEP_SECONDS)
        except RedisError as error:
            # It has run: the sender gets its answer, and a duplicate is refused rather than run once more.
            self._runtime.log.error("packet's answer not kept", trace_id=trace_id, error=type(error).__name__)
            degraded = (*degraded, "registry")
        return Answer(200, body, trace_id, answer.decision_id, answer.governance, degraded)


def _again(stored: str, trace_id: str) -> Answer:
    if stored == leases.RUNNING:
        return problem(409, "in-progress", "a packet of this id is being processed", trace_id)
    earlier = json.loads(stored)
    return Answer(200, earlier["body"], trace_id, earlier["decision"], earlier.get("governance", ""))


def _origin(packet: PacketEnvelope, caller: Caller) -> str:
    """For whom the packet is sent: an agent names the principal whose call it works on, else it is the sender."""
    named = (packet.provenance or {}).get("asked_by")
    return named if isinstance(named, str) and named and caller.principal.startswith("agent:") else caller.principal
