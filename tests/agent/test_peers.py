"""Packets that are sent again: over real sockets, to peers that break off, that are late, and that come back."""

import asyncio
import json
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import uvicorn
from agent_desk import desk

from l9stack.agent import PeerError
from l9stack.agent._messaging.envelope import PacketEnvelope, PacketMetadata
from l9stack.agent._messaging.peers import HttpTransport, ask
from l9stack.agent._security import keys
from l9stack.agent.testing._faults import closed_port
from l9stack.agent.testing._serving import serving_definition

CLAIM = {"claim_id": "C-1", "amount": 120}


class Wire:
    """Stands before a peer: breaks off, or answers by itself, a number of times, and passes on from then on."""

    def __init__(self, times, say=None, after=False):
        self.times, self.say, self.after = times, say, after
        self.packets, self.port = [], 0

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        body = await reader.readexactly(size)
        self.packets.append(json.loads(body)["packet_id"])
        broken = len(self.packets) <= self.times
        if not broken or self.after:
            answer = await self.passed_on(head, body)
        if not broken:
            writer.write(answer)
        elif self.say is not None:
            said = json.dumps(self.say[1]).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (self.say[0], len(said)) + said
            )
        writer.close()

    async def passed_on(self, head, body):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(head.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") + body)
        answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture
async def pair(l9_backends):
    """Two desks; `colleague` answers at a socket, behind a wire."""

    @asynccontextmanager
    async def linked(wire, max_retries=3):
        space = f"peers-{uuid.uuid4().hex[:8]}"
        async with (
            serving_definition(replace(desk(), id="colleague"), l9_backends, {}, space) as colleague,
            serving_definition(desk(), l9_backends, {}, space) as agent,
            served(colleague, wire) as endpoint,
        ):
            keys.ensure_keys(colleague._keys, ["agent:desk"])
            transport = HttpTransport(
                "desk", agent.memory, keys.load_private(colleague._keys, "agent:desk"), max_retries
            )
            await agent.memory.redis.hset(f"{space}:agents", "colleague", endpoint)
            try:
                yield agent, colleague, transport
            finally:
                await transport.close()

    return linked


@asynccontextmanager
async def served(agent, wire):
    server = uvicorn.Server(uvicorn.Config(agent._client._transport.app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    wire.port = server.servers[0].sockets[0].getsockname()[1]
    front = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{front.sockets[0].getsockname()[1]}"
    finally:
        front.close()
        server.should_exit = True
        await task


async def asked(transport, seconds=5.0):
    trace = uuid.uuid4()
    packet = PacketEnvelope(
        packet_id=uuid.uuid4(),
        source_agent="desk",
        destination_agent="colleague",
        timestamp=datetime.now(UTC),
        payload={"operation": "decide", "arguments": CLAIM},
        metadata=PacketMetadata(trace_id=trace),
        packet_type="query",
    )
    return str(trace), await ask(transport, packet, seconds)


@pytest.mark.parametrize("after", [False, True], ids=["before it ran", "after it ran"])
async def test_a_packet_whose_answer_is_lost_is_sent_again_and_processed_once(pair, after):
    wire = Wire(2, after=after)
    async with pair(wire) as (_, colleague, transport):
        trace, said = await asked(transport)
        assert said == {"verdict": "pay", "confidence": 0.9}
        assert (len(wire.packets), len(set(wire.packets))) == (3, 1)
        assert (await colleague.memory.find(trace))["episodic"] == 1


@pytest.mark.parametrize("max_retries", [0, 1])
async def test_it_is_sent_again_as_often_as_the_setting_says(pair, max_retries):
    wire = Wire(9)
    async with pair(wire, max_retries) as (_, _, transport):
        with pytest.raises(PeerError, match="breaks connections off") as failure:
            await asked(transport)
    assert (failure.value.kind, len(wire.packets)) == ("unreachable", max_retries + 1)


async def test_a_peer_that_is_still_at_it_is_waited_for(pair):
    wire = Wire(1, say=(409, {"code": "in-progress"}))
    async with pair(wire) as (_, _, transport):
        assert (await asked(transport))[1]["verdict"] == "pay"
    assert len(wire.packets) == 2


@pytest.mark.parametrize("status", [400, 409, 500, 503])
async def test_an_answer_is_not_asked_for_again(pair, status):
    wire = Wire(1, say=(status, {"code": "some"}))
    async with pair(wire) as (_, _, transport):
        with pytest.raises(PeerError, match=f"status {status}"):
            await asked(transport)
    assert len(wire.packets) == 1


async def test_no_more_is_tried_than_the_time_of_the_call_allows(pair):
    async with pair(Wire(0), 50) as (agent, _, transport):
        with closed_port() as port:
            await agent.memory.redis.hset(f"{agent.memory.namespace}:agents", "colleague", f"http://127.0.0.1:{port}")
            began = time.monotonic()
            with pytest.raises(PeerError, match="unreachable"):
                await asked(transport, seconds=0.5)
            assert time.monotonic() - began < 0.5
