"""Governance: rules weighed, decisions that wait, anchors told, precedents found."""

from __future__ import annotations

import json
import operator
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from l9stack.agent.declarations import AgentDefinition, GovernancePolicy, Rule
from l9stack.agent.memory import Memory
from l9stack.agent.records import PolicyVerdict, digest

PRECEDENT_SECONDS = 30 * 86400
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def fires(rule: Rule, values: Mapping[str, Any]) -> bool:
    """Whether every comparison holds; a field that is missing or no number does not hold."""
    for comparison in rule.comparisons:
        value = values.get(comparison.field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not _OPERATORS[comparison.operator](value, comparison.number):
            return False
    return bool(rule.comparisons)


def weigh(policy: GovernancePolicy, values: Mapping[str, Any]) -> PolicyVerdict:
    """What the policy's rules say of some values."""
    fired = tuple(rule.name for rule in policy.rules if fires(rule, values))
    return PolicyVerdict(
        status="ESCALATED" if fired else "APPROVED", fired=fired, anchors=policy.anchors if fired else ()
    )


def policy_version(policy: GovernancePolicy) -> str:
    """A digest of the policy: an earlier answer is a precedent only under the same one."""
    rules = [[rule.name, [[c.field, c.operator, c.number] for c in rule.comparisons]] for rule in policy.rules]
    return digest([list(policy.anchors), rules, policy.mode, policy.unbound])[:16]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A decision as stored; `status` is PENDING, ESCALATED, APPROVED or BLOCKED."""

    decision_id: str
    operation: str
    arguments: dict[str, Any]
    arguments_digest: str
    reason: str
    severity: str
    status: str
    trace_id: str
    created_at: datetime
    approver: str | None
    result: dict[str, Any] | None

    def data(self) -> dict[str, Any]:
        """The decision as JSON data."""
        return {
            "decision_id": self.decision_id,
            "operation": self.operation,
            "arguments": self.arguments,
            "arguments_digest": self.arguments_digest,
            "reason": self.reason,
            "severity": self.severity,
            "status": self.status,
            "trace_id": self.trace_id,
            "created_at": self.created_at.isoformat(),
            "approver": self.approver,
            "result": self.result,
        }


_FIELDS = (
    "decision_id, operation, arguments, arguments_digest, reason, severity, status, trace_id,"
    " created_at, approver, result"
)


class Governor:
    """The decisions of one agent, in Postgres; anchors are told through a Redis stream each."""

    def __init__(self, definition: AgentDefinition, memory: Memory, log: Any) -> None:
        self.policy = definition.governance
        self.version = policy_version(definition.governance)
        self._agent = definition.id
        self._memory = memory
        self._log = log

    async def open(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        reason: str,
        trace_id: str,
        *,
        severity: str = "normal",
        status: str = "PENDING",
    ) -> str:
        """Store a decision that waits (PENDING) or that is only reported (ESCALATED), and tell every anchor."""
        decision_id = str(uuid.uuid4())
        await self._memory.prepare()
        async with self._memory.postgres.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO decisions (decision_id, agent_id, operation, arguments, arguments_digest,"
                    " policy_version, reason, severity, status, trace_id) VALUES (:decision_id, :agent, :operation,"
                    " :arguments, :digest, :version, :reason, :severity, :status, :trace_id)"
                ),
                {
                    "decision_id": decision_id,
                    "agent": self._agent,
                    "operation": operation,
                    "arguments": json.dumps(dict(arguments)),
                    "digest": digest(dict(arguments)),
                    "version": self.version,
                    "reason": reason,
                    "severity": severity,
                    "status": status,
                    "trace_id": trace_id,
                },
            )
        await self._notify(decision_id, operation, reason, severity, trace_id)
        return decision_id

    async def _notify(self, decision_id: str, operation: str, reason: str, severity: str, trace_id: str) -> None:
        """One entry in each anchor's stream; the decision stands in Postgres even where this fails."""
        entry: dict[Any, Any] = {
            "agent": self._agent,
            "decision_id": decision_id,
            "operation": operation,
            "reason": reason,
            "severity": severity,
            "trace_id": trace_id,
        }
        for anchor in self.policy.anchors:
            self._log.warning("escalated", anchor=anchor, **entry)
            try:
                stream = f"{self._memory.namespace}:anchors:{anchor}"
                await self._memory.redis.xadd(stream, entry, maxlen=10_000, approximate=True)
            except Exception as error:
                self._log.error(
                    "anchor not notified", anchor=anchor, error=type(error).__name__, decision_id=decision_id
                )

    async def get(self, decision_id: str) -> Waiting | None:
        """One decision of this agent."""
        found = await self._select("decision_id = :decision", {"decision": decision_id}, 1)
        return found[0] if found else None

    async def pending(self, limit: int = 100) -> list[Waiting]:
        """Decisions that wait, the oldest first."""
        return await self._select("status = 'PENDING'", {}, limit)

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
        """Decide what still waits; False where somebody was quicker."""
        async with self._memory.postgres.begin() as connection:
            changed = await connection.execute(
                text(
                    "UPDATE decisions SET status = :status, approver = :approver, result = :result, decided_at = now()"
                    " WHERE decision_id = :decision_id AND agent_id = :agent AND status = 'PENDING'"
                ),
                {
                    "status": status,
                    "approver": approver,
                    "result": None if result is None else json.dumps(result),
                    "decision_id": decision_id,
                    "agent": self._agent,
                },
            )
        return bool(changed.rowcount)

    async def _select(self, where: str, values: dict[str, Any], limit: int, *, newest: bool = False) -> list[Waiting]:
        await self._memory.prepare()
        order = "decided_at DESC" if newest else "created_at"
        query = f"SELECT {_FIELDS} FROM decisions WHERE agent_id = :agent AND {where} ORDER BY {order} LIMIT :limit"  # noqa: S608
        async with self._memory.postgres.connect() as connection:
            rows = await connection.execute(text(query), {**values, "agent": self._agent, "limit": limit})
            return [
                Waiting(**{**row, "decision_id": str(row["decision_id"]), "trace_id": str(row["trace_id"])})
                for row in rows.mappings()
            ]
