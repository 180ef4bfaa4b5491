"""Asks agents and addresses over the network, all at once."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.error
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from l9stack.agent._security.proxies import ask_part
from l9stack.running.part_status import Readiness

READY_SECONDS = 10.0
"""An agent asks its own backends before it answers."""
CONNECT_SECONDS = 3.0
_LIMIT = 1 << 16
_AT_ONCE = 32


def ask_all(endpoints: Mapping[str, str]) -> dict[str, Readiness]:
    """The answer of each agent, by name."""
    with ThreadPoolExecutor(min(_AT_ONCE, max(1, len(endpoints)))) as pool:
        return dict(zip(endpoints, pool.map(ask, endpoints.values()), strict=True))


def codes_of(endpoints: Mapping[str, str]) -> dict[str, str]:
    """The digest of the code that each agent says it runs, by name; empty where it does not tell."""
    with ThreadPoolExecutor(min(_AT_ONCE, max(1, len(endpoints)))) as pool:
        return dict(zip(endpoints, pool.map(_code_of, endpoints.values()), strict=True))


def _code_of(endpoint: str) -> str:
    try:
        with ask_part(f"{endpoint}/health", READY_SECONDS) as response:
            return str(json.loads(response.read(_LIMIT)).get("code_digest", ""))
    except (OSError, ValueError, AttributeError, http.client.HTTPException):
        return ""


def ask(endpoint: str) -> Readiness:
    """What an agent says at `/ready`."""
    try:
        with ask_part(f"{endpoint}/ready", READY_SECONDS) as response:
            return _answer(response.read(_LIMIT))
    except urllib.error.HTTPError as error:
        return (
            _answer(error.read(_LIMIT)) if error.code == 503 else Readiness(wrong=f"answers with status {error.code}")
        )
    except urllib.error.URLError as error:
        return Readiness(silent=_reason(error.reason))
    except (OSError, http.client.HTTPException) as error:
        return Readiness(silent=_reason(error))


def reachable(address: str) -> bool | None:
    """Whether `host:port` accepts a connection; None where the address is a bucket or a folder."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return None
    try:
        with socket.create_connection((host, int(port)), CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _answer(body: bytes) -> Readiness:
    try:
        told = json.loads(body)
        ready, backends = told["ready"], told["backends"]
    except (ValueError, KeyError, TypeError):
        return Readiness(wrong="what answers there is no agent")
    if isinstance(backends, dict):
        return Readiness({str(name): str(state) for name, state in backends.items()})
    return Readiness() if ready else Readiness(wrong=str(backends))


def _reason(error: object) -> str:
    return "does not answer" if isinstance(error, ConnectionError | TimeoutError) else f"does not answer: {error}"
