"""Run one agent: what it needs comes from the environment, the same on every runtime (see docs/architecture.md)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette

from l9stack.agent._calls.pipeline import Invocation, run
from l9stack.agent._calls.runtime import ALL_ON, AgentRuntime, Switches, add_audit_entry
from l9stack.agent._messaging import leases
from l9stack.agent._messaging.events import Observer
from l9stack.agent._messaging.peers import MAX_RETRIES, HttpTransport, Transport
from l9stack.agent._security import keys
from l9stack.agent._serving.http import RateLimiter, Surface
from l9stack.agent._serving.site import ALONE, DRAIN_SECONDS, AgentSite, Replica
from l9stack.agent._telemetry import logs
from l9stack.agent._telemetry.metrics import Metrics
from l9stack.agent.backends import BackendUrls
from l9stack.agent.config import UnifiedConfig
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.definition import load
from l9stack.agent.governance._audit_anchors import AuditAnchors
from l9stack.agent.governance._governor import Governor
from l9stack.agent.memory._memory import Memory
from l9stack.agent.memory._retention import run_retention

REGISTER_SECONDS = 5.0
_NOT_STARTED = 3
"""The exit code that uvicorn gives where an application did not start."""


@dataclass(slots=True)
class AgentProcess:
    """A runtime with its application; `observer` runs beside it."""

    runtime: AgentRuntime
    application: Starlette
    observer: Observer
    limiter: RateLimiter
    background: set[asyncio.Task[Any]] = field(default_factory=set)

    def drain(self) -> None:
        """Take no more from now on: `/ready` says so, and no further event is begun."""
        self.runtime.draining = True
        self.observer.stop()


def assemble(
    definition: AgentDefinition,
    site: AgentSite,
    *,
    switches: Switches = ALL_ON,
    replica: Replica = ALONE,
    transport: Transport | None = None,
    max_retries: int = MAX_RETRIES,
) -> AgentProcess:
    """Join the parts of one agent; opens nothing until the application starts.

    Packets go over HTTP, and are sent again up to `max_retries` times, unless another `transport` is given.
    """
    log = logs.logger(definition.id)
    memory = Memory(definition, site.backends, site.namespace)
    own_key = keys.load_private(site.key_folder, f"agent:{definition.id}")
    channel = transport or HttpTransport(definition.id, memory, own_key, max_retries, definition.protocol)
    metrics = Metrics(definition, str(replica.identity.get("code_digest", "")))
    governor = Governor(definition, memory, metrics, log)
    runtime = AgentRuntime(definition, memory, governor, channel, metrics, log, switches)
    limiter = RateLimiter(site.backends.redis, site.namespace, definition.limits.rate)
    anchors = AuditAnchors(memory, metrics, log)
    surface = Surface(runtime, keys.Trust(site.key_folder), limiter, dict(replica.identity), anchors)

    async def on_event(operation: str, arguments: dict[str, Any], trace_id: str, event_id: str) -> bool:
        return await handle_event(runtime, operation, arguments, trace_id, event_id)

    observer = Observer(definition, memory, on_event, log, replica.name)
    assembled = AgentProcess(runtime, Starlette(), observer, limiter)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        observing = asyncio.create_task(observer.run())
        jobs = [
            observing,
            asyncio.create_task(_register(memory, definition.id, replica.endpoint, log)),
            asyncio.create_task(run_retention(memory, log)),
            asyncio.create_task(anchors.run()),
        ]
        try:
            yield
        finally:
            observer.stop()
            await asyncio.wait([observing], timeout=replica.drain_seconds)
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            if isinstance(channel, HttpTransport):
                await channel.close()
            await memory.close()

    assembled.application = surface.application(lifespan)
    return assembled


async def handle_event(
    runtime: AgentRuntime, operation: str, arguments: dict[str, Any], trace_id: str, event_id: str
) -> bool:
    """Run an observed event once; true where it is done with, false where it has to be delivered again."""
    found = runtime.definition.operation(operation)
    if found is None:
        return False
    client, agent = runtime.memory.redis, runtime.definition.id
    done = f"{runtime.memory.namespace}:handled:{agent}:{event_id}"
    earlier = await leases.take_lease(client, done, leases.lease_seconds(found))
    if earlier is not None:
        return earlier != leases.RUNNING
    wanted = found.request_model.model_fields
    known = arguments if "payload" in wanted else {key: value for key, value in arguments.items() if key in wanted}
    decision = leases.decision_id(runtime.memory.namespace, agent, "event", event_id)
    answer = await run(
        runtime,
        Invocation(operation=found, arguments=known, trace_id=trace_id, caller="event", decision_id=decision),
    )
    if answer.status >= 500:
        await client.delete(done)
        return False
    await client.set(done, "1", ex=86400)
    if answer.status == 400:
        await add_audit_entry(runtime, "event refused", trace_id, {"operation": operation, "event": event_id})
    return True


async def _register(memory: Memory, agent: str, endpoint: str, log: Any) -> None:
    """Tell the others where this agent answers; repeated, so that a Redis that starts anew learns it again."""
    task = asyncio.current_task()
    while endpoint and not (task and task.cancelling()):  # as in Observer.run: the client may lose a cancellation
        try:
            await memory.redis.hset(f"{memory.namespace}:agents", agent, endpoint)
        except Exception as error:
            log.warning("not registered yet", error=type(error).__name__)
        await asyncio.sleep(REGISTER_SECONDS)


def from_environ(environ: Mapping[str, str]) -> AgentProcess:
    """The agent of `L9_MANIFEST`, with what the environment and the unified config say of it.

    Raises:
        KeyError: a variable is missing; the message is its name.
        ValueError: a setting of the unified config is none.
        DefinitionError: manifest and code do not fit.
    """
    # Generated modules may read the environment when they are imported: it has to be this agent's.
    os.environ.update(environ)
    code = Path(environ["L9_CODE"])
    extra = tuple(Path(part) for part in environ.get("L9_IMPLEMENTATIONS", "").split(os.pathsep) if part)
    config = UnifiedConfig.read(Path(environ["L9_CONFIG"]), environ) if environ.get("L9_CONFIG") else UnifiedConfig()
    logs.configure(str(config.get("logging.level", "INFO")))
    definition = load(Path(environ["L9_MANIFEST"]), code, extra)
    backends = BackendUrls.of_agent(definition.memory, config, environ)
    identity = {
        "version": definition.version,
        "code_digest": environ.get("L9_CODE_DIGEST", ""),
        "pid": os.getpid(),
        "instance": str(uuid.uuid4()),
    }
    return assemble(
        definition,
        AgentSite(backends, environ.get("L9_NAMESPACE", "l9"), Path(environ["L9_KEYS"])),
        switches=Switches(
            enforcing=config.flag("L9_ENABLE_GOVERNANCE_ENFORCEMENT", environ),
            probing=config.flag("L9_ENABLE_MEMORY_SUBSTRATE_VALIDATION", environ),
        ),
        replica=Replica(
            name=environ.get("L9_REPLICA", ""),
            endpoint=environ.get("L9_ENDPOINT", ""),
            identity=identity,
            drain_seconds=_drain_seconds(environ),
        ),
        max_retries=config.whole("communication.max_retries", MAX_RETRIES),
    )


def _drain_seconds(environ: Mapping[str, str]) -> int:
    return int(environ.get("L9_DRAIN_SECONDS", DRAIN_SECONDS))


class _Server(uvicorn.Server):
    """Tells the agent of the signal at once: the sockets are closed next, then what was accepted is finished."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._drain()
        super().handle_exit(sig, frame)


def main(environ: Mapping[str, str]) -> None:
    """Serve the agent of an environment until the process is told to stop, and then finish what was accepted.

    Raises what `from_environ` raises.
    """
    assembled = from_environ(environ)
    config = uvicorn.Config(
        assembled.application,
        host=environ.get("L9_HOST", "127.0.0.1"),
        port=int(environ["L9_PORT"]),
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=_drain_seconds(environ),
    )
    server = _Server(config, assembled.drain)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(_NOT_STARTED)
