"""Proxy variables that lead nowhere: whatever is next to us is asked directly, whatever is elsewhere by the proxy."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import obstore
import pytest

from l9stack.agent._security.addresses import archive_store
from l9stack.agent._security.proxies import is_near, loopback_exempt
from l9stack.engine.environment import environment
from l9stack.errors import ServiceError
from l9stack.infra.archive.buckets import BucketAddress
from l9stack.infra.providers.health import probe
from l9stack.project import Project
from l9stack.running.agent_requests import request_agent
from l9stack.running.monitoring import prometheus
from l9stack.running.queries import ask, codes_of
from tests.running.conftest import FakeAgent

NOWHERE = "http://127.0.0.1:9"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
LISTING = b"<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>"


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in PROXIES:
        monkeypatch.setenv(name, NOWHERE)


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    """A server that speaks as a bucket, or a proxy to one: its address, and the targets of what it was asked."""
    targets: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            targets.append(self.path)
            self.send_response(200)
            self.send_header("content-length", str(len(LISTING)))
            self.end_headers()
            self.wfile.write(LISTING)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", targets
        server.shutdown()


def test_agents_are_asked_directly(agent: FakeAgent):
    agent.answers |= {"status": "ok", "code_digest": "1f"}
    assert ask(agent.url).silent == ""
    assert codes_of({"clerk": agent.url}) == {"clerk": "1f"}
    assert probe(f"{agent.url}/health") == "ok"
    reply = request_agent(f"{agent.url}/audit", "token")
    assert (reply.status, reply.body["ready"], reply.trace_id) == (200, True, "")
    agent.status = 403
    assert request_agent(f"{agent.url}/operations/say", "token").status == 403


def test_what_is_no_agent_is_told_as_such(heard: tuple[str, list[str]]):
    with pytest.raises(ServiceError, match=r"what answers at .* is no agent"):
        request_agent(f"{heard[0]}/audit", "token")
    with pytest.raises(ServiceError, match=r"does not answer: .*l9 health"):
        request_agent(f"{NOWHERE}/audit", "token")


def test_a_prometheus_is_asked_by_where_it_is(heard: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch):
    address, targets = heard
    with pytest.raises(ServiceError):
        prometheus(address)("rules", {"type": "alert"})  # it is none, but was asked
    monkeypatch.setenv("http_proxy", address)
    with pytest.raises(ServiceError):
        prometheus("http://prometheus.example.com")("rules", {"type": "alert"})
    assert targets == ["/api/v1/rules?type=alert", "http://prometheus.example.com/api/v1/rules?type=alert"]
    with pytest.raises(ServiceError, match="no Prometheus answers"):
        prometheus("http://prometheus.invalid", own=True)("rules", {"type": "alert"})
    assert len(targets) == 2


@pytest.mark.parametrize("near", [True, False])
def test_an_archive_is_asked_by_where_it_is(near: bool, heard: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch):
    address, targets = heard
    endpoint = address if near else "http://s3.example.com"
    if not near:
        for name in PROXIES:
            monkeypatch.setenv(name, address)
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
    for name, value in (keys | {"AWS_ALLOW_HTTP": "true", "AWS_ENDPOINT_URL": endpoint}).items():
        monkeypatch.setenv(name, value)
    assert list(obstore.list(archive_store("s3://b"))) == []
    BucketAddress("b", endpoint=endpoint, access_key="a", secret_key="b").client().list_objects_v2(Bucket="b")
    begin = "" if near else endpoint
    assert [target.partition("?")[0] for target in targets] == [f"{begin}/b", f"{begin}/b"]


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:80", True),
        ("http://localhost:9000", True),
        ("http://s3.localhost", True),
        ("http://archive:7070", True),
        ("http://10.0.0.4", False),
        ("https://s3.example.com", False),
    ],
)
def test_near_is_this_machine_and_a_name_without_a_dot(address: str, near: bool):
    assert is_near(address) is near


def test_programs_of_others_leave_loopback_alone(tmp_path: Any, monkeypatch: pytest.MonkeyPatch):
    variables = environment(Project(tmp_path), lambda _: None)
    assert variables["no_proxy"] == variables["NO_PROXY"] == "localhost,127.0.0.1,::1"
    monkeypatch.setenv("NO_PROXY", "example.com, localhost")
    assert loopback_exempt(os.environ)["no_proxy"] == "example.com,localhost,127.0.0.1,::1"
    assert loopback_exempt({"no_proxy": "x", "http_proxy": ""}) == {}
