"""What an agent answered, as tests look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent answered; `body` is a packet's payload where a packet was sent."""

    status: int
    body: dict[str, Any]
    trace_id: str
    decision_id: str
    headers: Mapping[str, str]


def reply_of(response: httpx.Response) -> Reply:
    """The reply that a response of an agent is."""
    headers = dict(response.headers)
    decision = headers.get("x-l9-decision-id", "")
    return Reply(response.status_code, response.json(), headers.get("x-l9-trace-id", ""), decision, headers)
