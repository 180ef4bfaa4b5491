"""What an agent answers: status, body and headers, problems and decisions that wait among them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from l9stack.agent.records import reasons


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body, and what the headers say; `code` names a problem for scripts.

    `governance` is APPROVED, ESCALATED, PENDING or BLOCKED; it is empty where nothing was decided, as for a refusal.
    """

    status: int
    body: dict[str, Any]
    trace_id: str
    decision_id: str = ""
    governance: str = ""
    degraded: tuple[str, ...] = ()
    code: str = ""


def problem(status: int, code: str, detail: str, trace_id: str) -> Answer:
    """An answer that says what is wrong, as RFC 9457 problem details."""
    body = {
        "type": f"urn:l9stack:{code}",
        "title": code.replace("-", " "),
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Answer(status, body, trace_id, code=code)


def pending(decision_id: str, reason: str, anchors: Iterable[str], trace_id: str) -> Answer:
    """202: a governance anchor has to decide first."""
    body = {"decision_id": decision_id, "status": "PENDING", "reason": reason, "anchors": list(anchors)}
    return Answer(202, body, trace_id, decision_id, "PENDING")


def field_errors(error: ValidationError) -> str:
    """Every field that does not fit, each with why, in one line."""
    return "; ".join(reasons(error))


def parse_json(body: bytes) -> dict[str, Any] | None:
    """A JSON object, or None for anything else."""
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
