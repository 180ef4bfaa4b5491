"""Three processes of one agent, as a replicated service runs them: over sockets, against one set of real servers."""

import asyncio
import collections
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from agent_desk import desk
from sqlalchemy import text

from l9stack.agent._messaging.events import publish, stream
from l9stack.agent._security import keys, tokens
from l9stack.agent.governance import _audit as audit
from l9stack.agent.memory._memory import Memory
from l9stack.agent.operations import STORES_SECONDS
from l9stack.agent.testing._spaces import apart

MODULE = """
import asyncio
from dataclasses import replace
from agent_desk import MEMORY, POLICY, Claim, Verdict, desk
from l9stack.agent import Limits, Observation, OperationContext, operation

@operation(summary="Take a while.", timeout_seconds=20, publish="", bound=True)
async def ponder(request: Claim, context: OperationContext) -> Verdict:
    await context.runtime.memory.redis.incr(f"{context.runtime.memory.namespace}:pondered")
    await asyncio.sleep(request.amount)
    return Verdict(verdict="pay", confidence=0.9)


whole = desk()
AGENT = replace(
    whole,
    operations=(*whole.operations, ponder),
    observes=(Observation("court", {"claim_filed": "decide", "claim_pondered": "ponder"}),),
    limits=Limits(rate="RATE"),
)
"""
CLAIM = {"claim_id": "C-1", "amount": 120}


class Replicas:
    """Processes of the agent `desk`; `url` is the base of each."""

    def __init__(self, folder, backends, space, rate):
        self.folder, self.backends, self.space = folder, backends, space
        self.keys = folder / "keys"
        keys.ensure_keys(self.keys, ["agent:desk", "agent:court", "operator", "anchor:Ada", "anchor:Review Board"])
        code = folder / "code"
        code.mkdir()
        shutil.copy(Path(__file__).with_name("desk.py"), code / "agent_desk.py")
        (code / "replicated_desk.py").write_text(MODULE.replace("RATE", rate))
        (folder / "manifest.json").write_text(json.dumps({"controller": "replicated_desk:AGENT"}))
        self.memory = Memory(desk(), backends, space)
        self.processes, self.url = [], []
        self.client = httpx.AsyncClient(timeout=40, trust_env=False)

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        number = len(self.processes) + 1
        environ = {
            **os.environ,
            **self.backends.environ(),
            "L9_MANIFEST": str(self.folder / "manifest.json"),
            "L9_CODE": str(self.folder / "code"),
            "L9_KEYS": str(self.keys),
            "L9_NAMESPACE": self.space,
            "L9_PORT": str(port),
            "L9_REPLICA": str(number),
            "L9_DRAIN_SECONDS": "20",
        }
        with (self.folder / f"{number}.log").open("wb") as log:
            command = [sys.executable, "-m", "l9stack.agent"]
            self.processes.append(subprocess.Popen(command, env=environ, stdout=log, stderr=log))
        self.url.append(f"http://127.0.0.1:{port}")

    async def up(self, number):
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            with contextlib.suppress(httpx.TransportError):
                if (await self.client.get(f"{self.url[number]}/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
        raise AssertionError((self.folder / f"{number + 1}.log").read_text()[-2000:])

    async def post(self, number, path, body, principal="operator"):
        token = tokens.mint(principal, keys.load_private(self.keys, principal), "desk")
        return await self.client.post(
            f"{self.url[number]}{path}", json=body, headers={"authorization": f"Bearer {token}"}
        )

    async def packet(self, number, operation, arguments, packet_id, trace):
        body = {
            "packet_id": packet_id,
            "source_agent": "court",
            "destination_agent": "desk",
            "timestamp": datetime.now(UTC).isoformat(),
            "payload": {"operation": operation, "arguments": arguments},
            "metadata": {"trace_id": trace},
        }
        return await self.post(number, "/packets", body, "agent:court")

    async def pondered(self, times):
        """Wait until the operation has begun that often."""
        async with asyncio.timeout(20):
            while await self.memory.redis.get(f"{self.space}:pondered") != str(times):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def handled(self, left):
        """Wait until nobody is at an event, and that many were given to nobody."""

        async def counts():
            (group,) = await self.memory.redis.xinfo_groups(stream(self.space, "court"))
            return group["pending"], group["lag"]

        async with asyncio.timeout(20):
            while await counts() != (0, left):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def rows(self, query, **values):
        async with self.memory.postgres.connect() as connection:
            return (await connection.execute(text(query), values)).all()

    async def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        await self.client.aclose()
        await self.memory.close()


@contextlib.asynccontextmanager
async def replicated(folder, l9_backends, rate="100000/minute", count=3):
    async with apart(l9_backends) as (backends, space):
        replicas = Replicas(folder, backends, space, rate)
        try:
            for _ in range(count):
                replicas.start()
            for number in range(count):
                await replicas.up(number)
            yield replicas
        finally:
            await replicas.end()


@pytest.fixture
async def three(tmp_path, l9_backends):
    async with replicated(tmp_path, l9_backends) as replicas:
        yield replicas


async def test_three_processes_write_one_chain_one_graph_and_every_decision(three):
    calls = 60

    async def called(number):
        return await three.post(number % 3, "/claims", {"claim_id": f"C-{number}", "amount": 10})

    answers = await asyncio.gather(*(called(number) for number in range(calls)))
    assert collections.Counter(answer.status_code for answer in answers) == {200: calls}
    assert not [answer.headers["x-l9-degraded"] for answer in answers if "x-l9-degraded" in answer.headers]
    decided = {answer.headers["x-l9-decision-id"] for answer in answers}
    rows = await three.rows("SELECT decision_id FROM decision_logs WHERE agent_id = 'desk'")
    assert {str(row[0]) for row in rows} == decided
    assert len(decided) == calls
    assert await audit.verify(three.memory.postgres, "desk") == []
    assert (await audit.head(three.memory.postgres, "desk"))[0] == calls
    named = "MATCH (a:agent {agent_id: 'desk', namespace: $space}) RETURN count(a) AS n"
    assert await three.memory.connections.cypher(named, {"space": three.space}) == [{"n": 1}]


async def test_a_packet_that_reaches_three_processes_runs_in_one_of_them(three):
    packet, trace = str(uuid.uuid4()), str(uuid.uuid4())
    sent = [three.packet(number, "ponder", {"claim_id": "C-1", "amount": 0.5}, packet, trace) for number in range(3)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    first = next(answer for answer in answers if answer.status_code == 200)
    again = [
        await three.packet(number, "ponder", {"claim_id": "C-1", "amount": 0.5}, packet, trace) for number in range(3)
    ]
    assert [answer.json() for answer in again] == [first.json()] * 3
    assert await three.memory.redis.get(f"{three.space}:pondered") == "1"


async def test_a_packet_whose_process_was_killed_is_decided_once_by_another(three):
    packet, trace = str(uuid.uuid4()), str(uuid.uuid4())
    claim = {"claim_id": "C-1", "amount": 3}
    dying = asyncio.create_task(three.packet(0, "ponder", claim, packet, trace))
    await three.pondered(1)
    three.processes[0].kill()
    with pytest.raises(httpx.TransportError):
        await dying
    assert (await three.packet(1, "ponder", claim, packet, trace)).json()["code"] == "in-progress"
    key = f"{three.space}:packets:desk:{packet}"
    assert 0 < await three.memory.redis.ttl(key) <= 20 + STORES_SECONDS
    await three.memory.redis.delete(key)  # as its time does
    short = {"claim_id": "C-1", "amount": 0}
    first = await three.packet(1, "ponder", short, packet, trace)
    await three.memory.redis.delete(key)
    second = await three.packet(2, "ponder", short, packet, trace)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.headers["x-l9-decision-id"] == second.headers["x-l9-decision-id"]
    assert (await three.memory.find(trace))["episodic"] == 1


async def test_a_packet_that_is_sent_again_while_its_answer_is_held_is_the_same_decision(three):
    packet, trace = str(uuid.uuid4()), str(uuid.uuid4())
    claim = {"claim_id": "C-1", "amount": 600}
    said = [await three.packet(number, "judge", claim, packet, trace) for number in range(3)]
    assert [answer.status_code for answer in said] == [202] * 3
    assert len({answer.json()["decision_id"] for answer in said}) == 1
    assert len(await three.rows("SELECT 1 FROM decisions WHERE agent_id = 'desk'")) == 1
    told = await three.memory.redis.xlen(f"{three.space}:anchors:Ada")
    assert told == 1


async def test_three_processes_share_the_events_and_handle_each_once(three):
    traces = [str(uuid.uuid4()) for _ in range(30)]
    for trace in traces:
        await publish(three.memory, "court", "claim_filed", CLAIM, trace)
    name = stream(three.space, "court")
    await three.handled(0)
    rows = await three.rows("SELECT trace_id FROM decision_logs WHERE agent_id = 'desk'")
    assert sorted(str(row[0]) for row in rows) == sorted(traces)
    consumers = {consumer["name"] for consumer in await three.memory.redis.xinfo_consumers(name, "desk")}
    assert consumers == {"desk-1", "desk-2", "desk-3"}
    assert await audit.verify(three.memory.postgres, "desk") == []


async def test_an_event_that_another_process_is_at_is_left_to_it(three):
    trace = str(uuid.uuid4())
    event = await publish(three.memory, "court", "claim_pondered", {"claim_id": "C-1", "amount": 2}, trace)
    await three.pondered(1)
    name = stream(three.space, "court")
    await three.memory.redis.xgroup_setid(name, "desk", "0")  # the server gives it to the others as well
    await three.handled(0)
    assert await three.memory.redis.get(f"{three.space}:pondered") == "1"
    assert (await three.memory.find(trace))["episodic"] == 1
    assert await three.memory.redis.get(f"{three.space}:handled:desk:{name}:{event}") == "1"


async def test_the_rate_is_that_of_all_processes_together(tmp_path, l9_backends):
    async with replicated(tmp_path, l9_backends, rate="7/hour") as three:
        answers = [await three.post(number % 3, "/claims", CLAIM) for number in range(12)]
    assert collections.Counter(answer.status_code for answer in answers) == {200: 7, 429: 5}


async def test_two_anchors_who_approve_at_once_run_the_operation_once(three):
    governed = {"claim_id": "C-1", "amount": 1}
    body = {
        "packet_id": str(uuid.uuid4()),
        "source_agent": "court",
        "destination_agent": "desk",
        "timestamp": datetime.now(UTC).isoformat(),
        "payload": {"operation": "ponder", "arguments": governed},
        "metadata": {"trace_id": str(uuid.uuid4()), "governance_flags": ["check"]},
    }
    waiting = (await three.post(0, "/packets", body, "agent:court")).json()["decision_id"]
    (row,) = await three.rows("SELECT arguments_digest FROM decisions WHERE decision_id = :id", id=waiting)
    verdict = {"verdict": "approve", "arguments_digest": row[0]}
    said = await asyncio.gather(
        three.post(1, f"/decisions/{waiting}", verdict, "anchor:Ada"),
        three.post(2, f"/decisions/{waiting}", verdict, "anchor:Review Board"),
    )
    assert sorted(answer.status_code for answer in said) == [200, 409]
    assert await three.memory.redis.get(f"{three.space}:pondered") == "1"
    assert (await three.post(0, f"/decisions/{waiting}", verdict, "anchor:Ada")).status_code == 409


async def test_a_process_that_is_told_to_stop_finishes_what_it_accepted(tmp_path, l9_backends):
    async with replicated(tmp_path, l9_backends, count=1) as one:
        await stopped_at_work(one)


async def stopped_at_work(one):
    packet, trace, heard = str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4())
    running = asyncio.create_task(one.packet(0, "ponder", {"claim_id": "C-1", "amount": 3}, packet, trace))
    await one.pondered(1)
    await publish(one.memory, "court", "claim_pondered", {"claim_id": "C-1", "amount": 3}, heard)
    await one.pondered(2)
    await publish(one.memory, "court", "claim_filed", CLAIM, str(uuid.uuid4()))
    one.processes[0].send_signal(signal.SIGTERM)
    began = time.monotonic()
    while True:  # its sockets close at once
        try:
            answer = await one.client.get(f"{one.url[0]}/ready", headers={"connection": "close"})
        except httpx.TransportError:
            break
        assert answer.status_code in (200, 503)
        assert time.monotonic() - began < 1.5
        await asyncio.sleep(0.02)
    assert not running.done()
    assert (await running).status_code == 200
    assert await asyncio.to_thread(one.processes[0].wait, 20) == -signal.SIGTERM
    assert (await one.memory.find(trace))["episodic"] == 1
    assert (await one.memory.find(heard))["episodic"] == 1
    # What came after the signal is left to the others, whole.
    await one.handled(1)
