"""Decisions that wait: stored, told to the anchors, found again, decided, or blocked when their time is over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from l9stack.agent._telemetry.metrics import Metrics
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.governance import _audit as audit
from l9stack.agent.governance._decision import EXPIRED, FIELDS, AnchorDecision, Escalation
from l9stack.agent.governance._policy import policy_version
from l9stack.agent.memory._memory import Memory
from l9stack.agent.records import digest

PRECEDENT_SECONDS = 30 * 86400

_OPEN = (
    "INSERT INTO decisions (decision_id, agent_id, operation, arguments, arguments_digest, policy_version, reason,"
    " severity, status, trace_id, asked_by, held) VALUES (:decision_id, :agent, :operation, :arguments, :digest,"
    " :version, :reason, :severity, :status, :trace_id, :asked_by, :held) ON CONFLICT (decision_id) DO NOTHING"
)
_CLOSE = (
    "UPDATE decisions SET status = :status, approver = :approver, result = :result, decided_at = now()"
    " WHERE decision_id = :decision_id AND agent_id = :agent AND status = 'PENDING'"
    " AND created_at > now() - make_interval(secs => :seconds)"
)
_BACKLOG = (
    "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)"
    " FROM decisions WHERE agent_id = :agent AND status = 'PENDING'"
)
# Whoever looks first blocks what is late; who looks at the same time passes over it.
_EXPIRE = (
    "WITH late AS (SELECT decision_id, reason FROM decisions WHERE agent_id = :agent AND status = 'PENDING'"
    " AND created_at <= now() - make_interval(secs => :seconds) FOR UPDATE SKIP LOCKED)"
    " UPDATE decisions d SET status = 'BLOCKED', reason = :expired, decided_at = now() FROM late"
    " WHERE d.decision_id = late.decision_id RETURNING d.decision_id, d.operation, d.trace_id, late.reason"
)


class Governor:
    """The decisions of one agent, in Postgres; anchors are told through a Redis stream each."""

    def __init__(self, definition: AgentDefinition, memory: Memory, metrics: Metrics, log: Any) -> None:
        self.policy = definition.governance
        self.version = policy_version(definition.governance)
        self._agent = definition.id
        self._memory = memory
        self._metrics = metrics
        self._log = log

    async def open(self, operation: str, arguments: Mapping[str, Any], reason: str, trace_id: str) -> str:
        """Let what is no call's own wait for the anchors, as tests do; the id of its decision."""
        return await self.escalate(
            Escalation(operation=operation, arguments=arguments, reason=reason, trace_id=trace_id)
        )

    async def escalate(self, escalation: Escalation) -> str:
        """Store a decision that waits or that is only reported, and tell every anchor; its id.

        One that is there already, as where a packet was sent again, stays as it is, and nobody is told twice.
        """
        await self._memory.prepare()
        async with self._memory.postgres.begin() as connection:
            stored = await connection.execute(
                text(_OPEN),
                {
                    "decision_id": escalation.decision_id,
                    "agent": self._agent,
                    "operation": escalation.operation,
                    "arguments": json.dumps(dict(escalation.arguments)),
                    "digest": digest(dict(escalation.arguments)),
                    "version": self.version,
                    "reason": escalation.reason,
                    "severity": escalation.severity,
                    "status": escalation.status,
                    "trace_id": escalation.trace_id,
                    "asked_by": escalation.asked_by,
                    "held": None if escalation.held is None else json.dumps(dict(escalation.held)),
                },
            )
        if stored.rowcount:
            await self._notify(escalation)
        return escalation.decision_id

    async def _notify(self, escalation: Escalation) -> None:
        """One entry in each anchor's stream; the decision stands in Postgres even where this fails."""
        entry: dict[Any, Any] = {
            "agent": self._agent,
            "decision_id": escalation.decision_id,
            "operation": escalation.operation,
            "reason": escalation.reason,
            "severity": escalation.severity,
            "trace_id": escalation.trace_id,
        }
        for anchor in self.policy.anchors:
            self._log.warning("escalated", anchor=anchor, **entry)
            try:
                stream = f"{self._memory.namespace}:anchors:{anchor}"
                await self._memory.redis.xadd(stream, entry, maxlen=10_000, approximate=True)
            except Exception as error:
                self._metrics.notice_failure(anchor)
                self._log.error(
                    "anchor not notified",
                    anchor=anchor,
                    error=type(error).__name__,
                    decision_id=escalation.decision_id,
                )

    async def get(self, decision_id: str) -> AnchorDecision | None:
        """One decision of this agent."""
        await self._expire()
        found = await self._select("decision_id = :decision", {"decision": decision_id}, 1)
        return found[0] if found else None

    async def pending(self, limit: int = 100) -> list[AnchorDecision]:
        """Decisions that wait, the oldest first."""
        await self._expire()
        return await self._select("status = 'PENDING'", {}, limit)

    async def backlog(self) -> tuple[int, float]:
        """How many decisions wait, and for how many seconds the oldest of them has."""
        await self._expire()
        async with self._memory.postgres.connect() as connection:
            row = (await connection.execute(text(_BACKLOG), {"agent": self._agent})).one()
        return int(row[0]), float(row[1])

    async def precedent(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        """The newest approved answer for the same operation, arguments and policy that is not too old."""
        where = (
            "operation = :operation AND arguments_digest = :digest AND policy_version = :version"
            " AND status = 'APPROVED' AND result IS NOT NULL AND decided_at > now() - make_interval(secs => :age)"
        )
        values = {
            "operation": operation,
            "digest": digest(dict(arguments)),
            "version": self.version,
            "age": PRECEDENT_SECONDS,
        }
        found = await self._select(where, values, 1, newest=True)
        return found[0].result if found else None

    async def close(self, decision_id: str, status: str, approver: str, result: dict[str, Any] | None) -> bool:
        """Decide what still waits; False where somebody was quicker, or its time is over."""
        async with self._memory.postgres.begin() as connection:
            changed = await connection.execute(
                text(_CLOSE),
                {
                    "status": status,
                    "approver": approver,
                    "result": None if result is None else json.dumps(result),
                    "decision_id": decision_id,
                    "agent": self._agent,
                    "seconds": self.policy.timeout_seconds,
                },
            )
        return bool(changed.rowcount)

    async def _expire(self) -> None:
        """Block what nobody decided in time, together with its entries in the audit log: both are there, or neither."""
        await self._memory.prepare()
        values = {"agent": self._agent, "seconds": self.policy.timeout_seconds, "expired": EXPIRED}
        async with self._memory.postgres.begin() as connection:
            late = (await connection.execute(text(_EXPIRE), values)).all()
            for row in late:
                detail = {"operation": row.operation, "decision_id": str(row.decision_id), "reason": row.reason}
                await audit.add(connection, self._agent, "decision expired", detail, str(row.trace_id))
        for row in late:
            self._metrics.decision("expired")
            self._log.warning(EXPIRED, decision_id=str(row.decision_id), trace_id=str(row.trace_id))

    async def _select(
        self, where: str, values: dict[str, Any], limit: int, *, newest: bool = False
    ) -> list[AnchorDecision]:
        await self._memory.prepare()
        order = "decided_at DESC" if newest else "created_at"
        query = f"SELECT {FIELDS} FROM decisions WHERE agent_id = :agent AND {where} ORDER BY {order} LIMIT :limit"  # noqa: S608
        async with self._memory.postgres.connect() as connection:
            rows = await connection.execute(text(query), {**values, "agent": self._agent, "limit": limit})
            return [AnchorDecision.of_row(dict(row)) for row in rows.mappings()]
