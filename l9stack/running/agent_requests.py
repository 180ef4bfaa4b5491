"""Asks an agent of a stack, whatever runs it, on behalf of a principal."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from l9stack.agent._security.proxies import ask_part
from l9stack.errors import ServiceError

SECONDS = 60


@dataclass(frozen=True, slots=True)
class AgentReply:
    """What an agent answered: also where it refused."""

    status: int
    body: Any
    trace_id: str
    """Empty where the answer has none."""


def request_agent(url: str, bearer: str, body: Any | None = None) -> AgentReply:
    """GET an address of an agent, or POST a body to it, with a token.

    Raises:
        ServiceError: nobody answers there, or something that is no agent.
    """
    headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - an agent of ours
    hint = "`l9 health` says how each part of the stack is"
    try:
        try:
            with ask_part(request, SECONDS) as response:
                return _reply(response.status, response)
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error.code, error)
    except ValueError as error:
        raise ServiceError(f"what answers at {url} is no agent; {hint}") from error
    except (OSError, http.client.HTTPException) as error:
        raise ServiceError(f"{url} does not answer: {error}; {hint}") from error


def _reply(status: int, answer: http.client.HTTPResponse | urllib.error.HTTPError) -> AgentReply:
    return AgentReply(status, json.load(answer), answer.headers.get("x-l9-trace-id") or "")
