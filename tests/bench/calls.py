"""One bound operation through HTTP with a token: latency and throughput of a short loop, on the loopback only."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from l9stack.local.client import SupervisorClient
from tests.bench.figures import Figure, percentile
from tests.bench.scratch import Scratch, UnmeasuredError
from tests.bench.workshop import Workshop
from tests.e2e.conftest import CLAIM

AGENT, OPERATION = "claim_intake", "submit_claim"
BATCH, BATCHES, WARM_UP = 50, 4, 20
"""All together stay below the default rate of 600 calls a minute."""


def calls(shop: Workshop) -> Iterator[Figure]:
    """The operation asks a second agent on its way, so each call is two; both are recorded in every memory layer."""
    caller = Caller(shop.deployed())
    caller.batch(1, WARM_UP)
    batches: dict[int, list[tuple[list[float], float]]] = {1: [], 8: []}
    for _ in range(BATCHES):
        for concurrency, done in batches.items():
            done.append(caller.batch(concurrency, BATCH))
    for concurrency, done in batches.items():
        name = f"{AGENT}.{OPERATION}, {concurrency} at a time"
        for percent in (50, 95):
            values = tuple(percentile(latencies, percent) * 1000 for latencies, _ in done)
            yield Figure(f"{name}: p{percent}", "ms", values)
        yield Figure(f"{name}: throughput", "calls/s", tuple(len(times) / seconds for times, seconds in done))


class Caller:
    """Calls the operation as the operator, over connections that are kept."""

    def __init__(self, project: Scratch) -> None:
        agents = SupervisorClient(project.project.run).status().agents
        self._place = urlsplit(next(agent.endpoint for agent in agents if agent.agent == AGENT)).netloc
        self._token = project.l9("token", AGENT, "--minutes", "15").strip()

    def batch(self, concurrency: int, count: int) -> tuple[list[float], float]:
        """The seconds of each call, and of all together."""
        shares = [count // concurrency + (number < count % concurrency) for number in range(concurrency)]
        began = time.perf_counter()
        with ThreadPoolExecutor(concurrency) as pool:
            latencies = [latency for done in pool.map(self._loop, shares) for latency in done]
        return latencies, time.perf_counter() - began

    def _loop(self, count: int) -> list[float]:
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        body = json.dumps(CLAIM)
        connection = http.client.HTTPConnection(self._place, timeout=30)
        latencies = []
        try:
            for _ in range(count):
                began = time.perf_counter()
                connection.request("POST", f"/operations/{OPERATION}", body, headers)
                response = connection.getresponse()
                text = response.read()
                latencies.append(time.perf_counter() - began)
                if response.status != 200:
                    raise UnmeasuredError(f"{AGENT}.{OPERATION} answered {response.status}: {text[:300]!r}")
        finally:
            connection.close()
        return latencies
