"""What waits, as `/metrics` tells it: asked of the store where somebody looks, and not more often than it changes."""

from __future__ import annotations

import asyncio
import math
import time

from l9stack.agent._calls.runtime import AgentRuntime
from l9stack.agent._telemetry.metrics import UNKNOWN
from l9stack.agent.governance import _audit as audit

FRESH_SECONDS = 5.0
"""How long an answer stands: `/metrics` is open to everybody, and must not be a way to keep the store busy."""
LOOK_SECONDS = 2.0
"""How long the store may take, well within the time that Prometheus gives a scrape."""


class Backlog:
    """The waiting decisions and the audit chain of one agent, as gauges."""

    def __init__(self, runtime: AgentRuntime) -> None:
        self._runtime = runtime
        self._lock = asyncio.Lock()
        self._looked = -math.inf

    async def look(self) -> None:
        """Bring the gauges up to date; never raises, and what the store does not say is unknown.

        What nobody decided in time is blocked by this, as by everybody who looks.
        """
        async with self._lock:
            if time.monotonic() - self._looked < FRESH_SECONDS:
                return
            runtime = self._runtime
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    waiting, oldest = await runtime.governor.backlog()
                    entries, _ = await audit.head(runtime.memory.postgres, runtime.definition.id)
                runtime.metrics.backlog(waiting, oldest, entries)
            except Exception as error:
                runtime.metrics.backlog(UNKNOWN, UNKNOWN, UNKNOWN)
                runtime.log.warning("backlog unknown", error=type(error).__name__)
            self._looked = time.monotonic()
