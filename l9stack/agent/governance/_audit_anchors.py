"""Audit anchors: the head of the audit chain, kept in the archive, where who writes the chain's store need not write.

What an anchor holds down cannot be cut off, written anew or taken away unseen; what came after the last one can. So the
chain is tamper-evident up to its last audit anchor, and no further. An agent without an archive has none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import obstore

from l9stack.agent._telemetry.metrics import Metrics
from l9stack.agent.governance import _audit as audit
from l9stack.agent.memory._connections import ANSWER_SECONDS
from l9stack.agent.memory._memory import Memory

ANCHOR_SECONDS = 60.0
"""How long the chain may grow until its head is anchored; also when the agent stops."""


@dataclass(frozen=True, slots=True)
class AuditAnchor:
    """The chain's head at some time: how many entries there were, and the hash of the last one."""

    position: int
    entry_hash: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The chain as it is: entries, the position up to which it is anchored (None: not at all), and what is wrong."""

    entries: int
    anchored: int | None
    problems: list[str]


class AuditAnchors:
    """The audit anchors of one agent; each is an object of its own, and none is ever overwritten."""

    def __init__(self, memory: Memory, metrics: Metrics, log: Any) -> None:
        self._memory, self._metrics, self._log = memory, metrics, log
        self._agent = memory.definition.id
        # Beside the folder of the agent's decisions, not in it. No agent's name has a dash.
        self._prefix = f"{memory.namespace}/{memory.definition.collection}/{self._agent}-audit"
        self._last: AuditAnchor | None = None

    async def run(self) -> None:
        """Anchor from time to time until cancelled, and once more then; failures are logged and tried again."""
        if self._memory.definition.memory.archive is None:
            return
        try:
            while True:
                await asyncio.sleep(ANCHOR_SECONDS)
                await self._attempt()
        finally:
            await self._attempt()

    async def _attempt(self) -> None:
        try:
            anchor = await asyncio.wait_for(self.drop(), ANSWER_SECONDS)
            self._metrics.anchored(anchor.position if anchor else 0)
        except Exception as error:
            self._metrics.anchor_failure()
            self._log.error("audit not anchored", agent=self._agent, error=f"{type(error).__name__}: {error}")

    async def drop(self) -> AuditAnchor | None:
        """Anchor the head where it moved since; the last audit anchor, None where the chain is empty.

        Raises:
            ValueError: the chain does not hold what was anchored last. Nothing is anchored then: an anchor of a chain
                that was tampered with would cover it up.
        """
        await self._memory.prepare()
        last = self._last or await self.last()
        head = await audit.head(self._memory.postgres, self._agent)
        if last is not None:
            if not await audit.holds(self._memory.postgres, self._agent, last.position, last.entry_hash):
                raise ValueError(f"the chain does not hold entry {last.position}, which was anchored")
            if head[0] == last.position:
                return last
        if head[0] == 0:
            return None
        body = {"position": head[0], "entry_hash": head[1], "anchored_at": datetime.now(UTC).isoformat()}
        path = f"{self._prefix}/{head[0]:012d}.json"
        # Another process of this agent may have anchored the same entry; its word stands.
        # Asked first as well: there are S3 servers that take a conditional write for any write.
        store = self._memory.connections.archive()
        with contextlib.suppress(obstore.exceptions.AlreadyExistsError):
            if not await self._is_there(store, path, head[0]):
                await obstore.put_async(store, path, json.dumps(body).encode(), mode="create")
        self._last = AuditAnchor(*head)
        return self._last

    async def last(self) -> AuditAnchor | None:
        """The anchor of the longest chain that the archive holds.

        Raises:
            ValueError: it is no anchor, as where a key is given twice.
        """
        store, paths = self._memory.connections.archive(), list[str]()
        async for batch in obstore.list(store, prefix=f"{self._prefix}/"):
            paths += [entry["path"] for entry in batch]
        if not paths:
            return None
        body = bytes(await (await obstore.get_async(store, max(paths))).bytes_async())
        found = json.loads(body, object_pairs_hook=_unique)
        if not isinstance(found, dict) or not isinstance(found.get("position"), int):
            raise ValueError(f"{max(paths)} is no audit anchor")
        return AuditAnchor(found["position"], str(found.get("entry_hash")))

    async def _is_there(self, store: Any, path: str, position: int) -> bool:
        """Looked for in a list: with the least rights, a question for what is not there is refused."""
        before = f"{self._prefix}/{position - 1:012d}.json"
        async for batch in obstore.list(store, prefix=f"{self._prefix}/", offset=before):
            if any(entry["path"] == path for entry in batch):
                return True
        return False

    async def check(self) -> list[str]:
        """What is wrong with the chain, up to its last audit anchor and beyond; nothing where all is well."""
        return (await self.report()).problems

    async def report(self) -> AuditReport:
        """How long the chain is, how far it is anchored, and what is wrong with it."""
        await self._memory.prepare()
        last, problems = None, []
        if self._memory.definition.memory.archive is not None:
            try:
                last = await self.last()
            except ValueError as error:
                problems = [f"the last audit anchor cannot be read: {error}"]
        problems += await audit.verify(self._memory.postgres, self._agent, last.entry_hash if last else None)
        position, _ = await audit.head(self._memory.postgres, self._agent)
        return AuditReport(position, last.position if last else None, problems)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
