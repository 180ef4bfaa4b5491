"""Health over HTTP: what counts as a change in a preview, and what in `up`."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from l9stack.errors import ServiceError
from l9stack.infra.providers import health
from l9stack.infra.providers.health import UNREACHABLE, HealthCheckProvider, probe

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def agent() -> Iterator[tuple[str, dict[str, Any]]]:
    answer: dict[str, Any] = {"code": 200, "body": {"status": "ok"}}

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answer["code"])
            self.end_headers()
            self.wfile.write(json.dumps(answer["body"]).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", answer
    server.shutdown()
    server.server_close()


def test_health_is_asked_at_every_run(agent: tuple[str, dict[str, Any]]) -> None:
    endpoint, answer = agent
    provider, props = HealthCheckProvider(), {"agent": "desk", "endpoint": endpoint, "path": "/health", "health": "ok"}
    alive = props | {"instance": "1"}
    assert provider.create(alive).outs["health"] == "ok" and provider.observe(props) == {"health": "ok"}
    assert provider.diff("desk", alive, alive).changes is False
    assert provider.diff("desk", alive, props | {"instance": "2"}).changes is True
    for code, body, told in [
        (503, {}, "HTTP 503"),
        (200, {"status": "degraded"}, "status 'degraded'"),
        (200, [], "no answer"),
    ]:
        answer.update(code=code, body=body)
        assert probe(f"{endpoint}/health").startswith(told)
        assert provider.diff("desk", provider.read("desk", props).outs, props).changes is True
        assert provider.diff("desk", alive, alive).changes is True


def test_that_nobody_listens_is_no_change_of_health_in_a_preview_and_is_one_in_up() -> None:
    props = {"agent": "desk", "endpoint": NOWHERE, "path": "/health", "health": "ok"}
    provider = HealthCheckProvider()
    assert probe(f"{NOWHERE}/health") == UNREACHABLE
    assert provider.diff("desk", provider.read("desk", props).outs, props).changes is False
    assert provider.diff("desk", props | {"instance": "1"}, props | {"instance": "1"}).changes is True


def test_an_agent_that_does_not_become_healthy_is_named_with_its_last_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "WAIT_SECONDS", 0.05)
    with pytest.raises(ServiceError, match=r"desk is not healthy at http://127\.0\.0\.1:1/health: unreachable"):
        HealthCheckProvider().make({"agent": "desk", "endpoint": NOWHERE, "path": "/health"})
