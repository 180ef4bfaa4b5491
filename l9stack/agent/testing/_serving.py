"""A harness for generated tests: the real pipeline in this process, against real backends.

An agent is served without a socket; what it asks of others goes to stand-ins or to other agents served in the same way.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from l9stack.agent._calls.runtime import Switches
from l9stack.agent._security import keys
from l9stack.agent._serving.main import assemble
from l9stack.agent._serving.site import AgentSite
from l9stack.agent._telemetry import logs
from l9stack.agent.backends import BackendUrls
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.definition import load
from l9stack.agent.testing._agent import ServedAgent as ServedAgent
from l9stack.agent.testing._replies import Reply as Reply
from l9stack.agent.testing._spaces import apart
from l9stack.agent.testing._stand_ins import StandIn as StandIn, StandInTransport

_BASE = "http://agent.test"
_LIFTED = "1000000/second"
"""A rate that no test reaches."""


def without(arguments: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The arguments that are left when one is not given."""
    return {key: value for key, value in arguments.items() if key != name}


@contextlib.asynccontextmanager
async def serving(
    manifest: Path,
    code: Path,
    backends: BackendUrls,
    peers: Mapping[str, StandIn | ServedAgent] | None = None,
    namespace: str | None = None,
    extra: tuple[Path, ...] = (),
    *,
    limited: bool = False,
    holding: bool = False,
) -> AsyncIterator[ServedAgent]:
    """Serve the agent of a manifest in this process; peers that are agents have to be served already.

    Its declared rate is enforced where `limited` says so: other tests are not to fail for want of calls. An answer is
    held by the policy's mode where `holding` says so: other tests look at the answer, and at the rules that fire.
    """
    served = serving_definition(
        load(manifest, code, extra), backends, peers, namespace, limited=limited, holding=holding
    )
    async with served as agent:
        yield agent


@contextlib.asynccontextmanager
async def serving_together(
    names: Iterable[str],
    manifests: Path,
    code: Path,
    backends: BackendUrls,
    namespace: str | None = None,
    extra: tuple[Path, ...] = (),
) -> AsyncIterator[Mapping[str, ServedAgent]]:
    """Serve several agents beside each other in one namespace; each can ask every other one."""
    peers: dict[str, StandIn | ServedAgent] = {}
    served: dict[str, ServedAgent] = {}
    async with apart(backends, namespace) as (own, space), contextlib.AsyncExitStack() as stack:
        for name in names:
            agent = serving(manifests / f"{name}.json", code, own, peers, space, extra)
            peers[name] = served[name] = await stack.enter_async_context(agent)
        yield served


@contextlib.asynccontextmanager
async def serving_definition(
    definition: AgentDefinition,
    backends: BackendUrls,
    peers: Mapping[str, StandIn | ServedAgent] | None = None,
    namespace: str | None = None,
    *,
    limited: bool = True,
    holding: bool = True,
) -> AsyncIterator[ServedAgent]:
    """Serve a definition in this process, in a namespace of its own unless one is given.

    `limited` and `holding` as in `serving`.
    """
    logs.configure("ERROR")
    async with contextlib.AsyncExitStack() as stack:
        own, space = await stack.enter_async_context(apart(backends, namespace))
        folder = stack.enter_context(TemporaryDirectory(prefix="l9-keys-"))
        key_folder = Path(folder)
        principals = [
            f"agent:{definition.id}",
            "operator",
            *(f"anchor:{name}" for name in definition.governance.anchors),
        ]
        keys.ensure_keys(key_folder, principals)
        # Not copied: agents that are served together come to know each other as they start.
        known = peers if peers is not None else {}
        keys.ensure_keys(key_folder, [f"agent:{name}" for name, peer in known.items() if isinstance(peer, ServedAgent)])
        transport = StandInTransport(definition.id, known, definition.protocol)
        lifted = replace(definition, limits=replace(definition.limits, rate=_LIFTED))
        served = definition if limited else lifted
        site = AgentSite(own, space, key_folder)
        assembled = assemble(served, site, switches=Switches(holding=holding), transport=transport)
        asgi = httpx.ASGITransport(assembled.application)
        async with httpx.AsyncClient(transport=asgi, base_url=_BASE) as client:
            try:
                yield ServedAgent(definition, assembled, client, key_folder, own.redis)
            finally:
                await assembled.runtime.memory.close()
