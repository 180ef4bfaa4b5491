"""Events between agents on Redis Streams: at least once, one effect an event, dead letters after five deliveries.

The delivery count is the server's own, so a message that kills its process counts too. The cursor of XAUTOCLAIM is
followed to its end each round. Groups begin at the stream's first entry, so a group that is made late misses nothing.
Replicas share the group: each entry goes to one of them, and their order is that of no single stream any more.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from redis.exceptions import RedisError, ResponseError

from l9stack.agent._messaging import leases
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.memory._memory import Memory

MAX_DELIVERIES = 5
_KEEP = 100_000
_BLOCK_MILLISECONDS = 1000
_PAUSE_SECONDS = 2.0

Handler = Callable[[str, dict[str, Any], str, str], Awaitable[bool]]
"""operation, arguments, trace id, event id → whether it was handled."""


def stream(namespace: str, agent: str) -> str:
    """The stream of an agent's events."""
    return f"{namespace}:events:{agent}"


async def publish(memory: Memory, agent: str, event: str, payload: Mapping[str, Any], trace_id: str) -> str:
    """Add an event to the agent's stream; its id."""
    entry: dict[Any, Any] = {"event": event, "payload": json.dumps(dict(payload)), "trace_id": trace_id}
    added = await memory.redis.xadd(stream(memory.namespace, agent), entry, maxlen=_KEEP, approximate=True)
    return str(added)


class Observer:
    """Consumes the events that an agent observes, until it is told to stop; `replica` tells its processes apart."""

    def __init__(
        self, definition: AgentDefinition, memory: Memory, handler: Handler, log: Any, replica: str = ""
    ) -> None:
        self._memory = memory
        self._group = definition.id
        self._consumer = f"{definition.id}-{replica}" if replica else definition.id
        self._handler = handler
        self._log = log
        self._wanted = {
            stream(memory.namespace, observation.source): dict(observation.events)
            for observation in definition.observes
        }
        self._claim_milliseconds = 1000 * _longest(definition) * len(self._wanted)
        """An entry that still runs, or waits for those of other streams that were read with it, is not taken over."""
        self._stopping = False

    def stop(self) -> None:
        """Take no more: `run` ends once the entry that it is at is done with."""
        self._stopping = True

    async def run(self) -> None:
        """Consume until stopped or cancelled; a Redis that is away is waited for."""
        ready = False
        # A cancellation that comes while the client connects may be lost in it: the count of them is not.
        task = asyncio.current_task()
        while self._wanted and not self._stopping and not (task and task.cancelling()):
            try:
                if not ready:
                    await self._make_groups()
                    ready = True
                await self._claim_stale()
                await self._read_new()
            except RedisError as error:
                ready = False
                self._log.warning("events wait for redis", error=type(error).__name__)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def caught_up(self) -> bool:
        """Whether this agent is done with everything that was published so far."""
        for name in self._wanted:
            try:
                newest = (await self._memory.redis.xinfo_stream(name))["last-generated-id"]
                groups = await self._memory.redis.xinfo_groups(name)
            except ResponseError:  # nobody has made the stream yet
                return False
            own = [group for group in groups if group["name"] == self._group]
            if not own or own[0]["pending"] or own[0]["last-delivered-id"] != newest:
                return False
        return True

    async def _make_groups(self) -> None:
        for name in self._wanted:
            try:
                await self._memory.redis.xgroup_create(name, self._group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def _read_new(self) -> None:
        # One at a time: others could do what would only wait here.
        streams: dict[Any, Any] = dict.fromkeys(self._wanted, ">")
        found = await self._memory.redis.xreadgroup(
            self._group, self._consumer, streams, count=1, block=_BLOCK_MILLISECONDS
        )
        for name, entries in _pairs(found):
            for entry_id, fields in entries:
                await self._handle(name, entry_id, fields)

    async def _claim_stale(self) -> None:
        """Entries that were delivered and never acknowledged: tried again, or set aside after five deliveries."""
        for name in self._wanted:
            cursor = "0-0"
            while not self._stopping:
                reply: Any = await self._memory.redis.xautoclaim(
                    name, self._group, self._consumer, self._claim_milliseconds, start_id=cursor, count=1
                )
                cursor = reply[0]
                for entry_id, fields in reply[1]:
                    await self._again(name, entry_id, fields)
                if cursor == "0-0":
                    break

    async def _again(self, name: str, entry_id: str, fields: Mapping[str, str]) -> None:
        pending: Any = await self._memory.redis.xpending_range(name, self._group, entry_id, entry_id, 1)
        if pending and pending[0]["times_delivered"] > MAX_DELIVERIES:
            await self._set_aside(name, entry_id, fields, f"delivered {MAX_DELIVERIES} times")
            return
        await self._handle(name, entry_id, fields)

    async def _handle(self, name: str, entry_id: str, fields: Mapping[str, str]) -> None:
        operation = self._wanted[name].get(fields.get("event", ""))
        done = True
        if operation is not None:
            try:
                payload, trace_id = _opened(fields)
            except (KeyError, ValueError, RecursionError) as error:
                # It would be no event the next time either, and must not end the consumer.
                await self._set_aside(name, entry_id, fields, f"no event: {type(error).__name__}")
                return
            done = await self._handler(operation, payload, trace_id, f"{name}:{entry_id}")
        if done:
            await self._memory.redis.xack(name, self._group, entry_id)

    async def _set_aside(self, name: str, entry_id: str, fields: Mapping[str, str], reason: str) -> None:
        """Keep an entry that cannot be handled as a dead letter, and be done with it."""
        letter: dict[Any, Any] = {**fields, "stream": name, "entry_id": entry_id, "reason": reason}
        await self._memory.redis.xadd(f"{name}:dead:{self._group}", letter, maxlen=_KEEP, approximate=True)
        await self._memory.redis.xack(name, self._group, entry_id)
        self._log.error("event set aside", stream=name, entry_id=entry_id, reason=reason)


def _longest(definition: AgentDefinition) -> int:
    """Seconds that handling one observed event may take at most."""
    names = {name for observation in definition.observes for name in dict(observation.events).values()}
    return max((leases.lease_seconds(found) for name in names if (found := definition.operation(name))), default=0)


def _opened(fields: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Payload and trace id of an entry; raises KeyError or ValueError where it is no event."""
    payload = json.loads(fields["payload"])
    if not isinstance(payload, dict):
        raise ValueError("the payload is no JSON object")
    return payload, str(uuid.UUID(fields["trace_id"]))


def _pairs(found: Any) -> list[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Streams with their entries, whichever protocol version the client speaks."""
    if not found:
        return []
    if isinstance(found, dict):
        return [(name, [entry for batch in batches for entry in batch]) for name, batches in found.items()]
    return [(name, entries) for name, entries in found]
