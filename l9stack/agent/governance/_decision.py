"""A decision of the governance anchors, as it is stored."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

EXPIRED = "nobody decided in time"
"""The reason of a decision that is BLOCKED because its time was over."""

FIELDS = (
    "decision_id, operation, arguments, arguments_digest, reason, severity, status, trace_id, created_at, asked_by,"
    " approver, result, held"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What is put before the anchors: a call of an operation, and why somebody should look at it."""

    operation: str
    arguments: Mapping[str, Any]
    reason: str
    trace_id: str
    severity: str = "normal"
    """Normal, high or critical."""
    status: str = "PENDING"
    """PENDING where it waits for a decision, ESCALATED where it is only reported."""
    asked_by: str = ""
    """The principal whose call it is about."""
    held: Mapping[str, Any] | None = None
    """An answer that was worked out and waits for release."""
    decision_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """The call's own where its answer is held."""


@dataclass(frozen=True, slots=True)
class AnchorDecision:
    """A decision; `status` is PENDING, ESCALATED (only reported), APPROVED or BLOCKED.

    `asked_by` is the principal whose call it is about. `held` is an answer that was worked out and waits for release.
    """

    decision_id: str
    operation: str
    arguments: dict[str, Any]
    arguments_digest: str
    reason: str
    severity: str
    status: str
    trace_id: str
    created_at: datetime
    asked_by: str
    approver: str | None
    result: dict[str, Any] | None
    held: dict[str, Any] | None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> AnchorDecision:
        """The decision in a row of FIELDS."""
        return cls(**{**row, "decision_id": str(row["decision_id"]), "trace_id": str(row["trace_id"])})

    @property
    def expired(self) -> bool:
        """Whether its time was over before anybody decided."""
        return self.status == "BLOCKED" and self.reason == EXPIRED

    def data(self, *, whole: bool = False) -> dict[str, Any]:
        """The decision as JSON data; what it holds is in it, as `proposed`, only where it is wanted `whole`."""
        data: dict[str, Any] = {
            "decision_id": self.decision_id,
            "operation": self.operation,
            "arguments": self.arguments,
            "arguments_digest": self.arguments_digest,
            "reason": self.reason,
            "severity": self.severity,
            "status": self.status,
            "trace_id": self.trace_id,
            "created_at": self.created_at.isoformat(),
            "asked_by": self.asked_by,
            "approver": self.approver,
            "result": self.result,
        }
        return {**data, "proposed": self.held["response"]} if whole and self.held is not None else data
