"""Health of a running agent, asked over HTTP at every run."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
from typing import Any, Literal

from pulumi.dynamic import DiffResult

from l9stack.agent._security.proxies import ask_part
from l9stack.errors import ServiceError
from l9stack.infra.providers.base import Props, Provider

WAIT_SECONDS = 30.0
UNREACHABLE = "unreachable"


class HealthCheckProvider(Provider):
    """Whether an agent answers `/health` with `ok`.

    That a process is gone is its own resource's to say: in a preview an endpoint where nobody listens is no change
    here, or one killed agent would show as three. `up` gives `instance`, and then every answer but `ok` counts.
    """

    inputs = ("agent", "endpoint", "path", "health", "instance")
    watched = ("agent", "endpoint", "path", "health")
    desired = {"health": "ok"}
    key = "agent"

    def make(self, props: Props) -> dict[str, Any]:
        """Wait until it is healthy.

        Raises:
            ServiceError: it is not healthy in time; the message holds its last answer.
        """
        url, deadline = f"{props['endpoint']}{props['path']}", time.monotonic() + WAIT_SECONDS
        while (health := probe(url)) != "ok":
            if time.monotonic() > deadline:
                raise ServiceError(f"agent {props['agent']} is not healthy at {url}: {health}")
            time.sleep(0.1)
        return {"health": health}

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Probe; see the class for what counts when."""
        if super().diff(_id, _olds, _news).changes:
            return DiffResult(changes=True)
        if "instance" not in _news:
            return DiffResult(changes=False)
        anew = _olds.get("instance") != _news["instance"]
        return DiffResult(changes=anew or probe(f"{_news['endpoint']}{_news['path']}") != "ok")

    def observe(self, props: Props) -> dict[str, Any]:
        """What an agent that listens says; the last health stands where nobody listens."""
        health = probe(f"{props['endpoint']}{props['path']}")
        return {} if health == UNREACHABLE else {"health": health}


def probe(url: str, seconds: float = 5.0) -> Literal["ok"] | str:
    """`ok`, `unreachable` where nobody listens, or what is wrong with the answer."""
    try:
        with ask_part(url, seconds) as response:
            status = json.loads(response.read(1 << 16)).get("status")
            return "ok" if status == "ok" else f"status {status!r}"
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except urllib.error.URLError as error:
        return UNREACHABLE if isinstance(error.reason, ConnectionError) else f"no answer: {error.reason}"
    except ConnectionRefusedError:
        return UNREACHABLE
    except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
        return f"no answer: {type(error).__name__}"
