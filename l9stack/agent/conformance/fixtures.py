"""Fixtures of generated tests, as a plugin of pytest: the agent of a file, served once, and the checks of a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from l9stack.agent.backends import BackendUrls
from l9stack.agent.conformance.checks import PROPERTY, Checks
from l9stack.agent.testing import ServedAgent, serving
from l9stack.agent.testing._spaces import apart

_BESIDE = 12
"""Agents that are served at the same time, at most: each keeps connections of its own to the servers."""


class Desk:
    """Serves the agents that tests are about, in one namespace; they are served until there would be too many."""

    def __init__(self, manifests: Path, code: Path, backends: BackendUrls) -> None:
        self._manifests, self._code, self._backends = manifests, code, backends
        self._stack = AsyncExitStack()
        self._space: tuple[BackendUrls, str] | None = None
        self._served: dict[str, ServedAgent] = {}

    async def together(self, names: Sequence[str]) -> Mapping[str, ServedAgent]:
        """These agents, beside each other in one namespace, where others may be served as well."""
        if len({*self._served, *names}) > max(_BESIDE, len(names)):
            await self.close()
        if self._space is None:
            self._space = await self._stack.enter_async_context(apart(self._backends))
        for name in names:
            if name not in self._served:
                manifest, (backends, space) = self._manifests / f"{name}.json", self._space
                agent = serving(manifest, self._code, backends, self._served, space)
                self._served[name] = await self._stack.enter_async_context(agent)
        return {name: self._served[name] for name in names}

    async def close(self) -> None:
        """Serve nothing any more."""
        self._served, self._space = {}, None
        await self._stack.aclose()


@pytest.fixture
def l9_checks(request: pytest.FixtureRequest) -> Checks:
    """The checks of one test; the test fails at its end where one of them does."""
    checks = Checks()
    request.node.user_properties.append((PROPERTY, checks.rows))
    return checks


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def l9_desk(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[Desk]:
    """Where agents are served."""
    desk = Desk(l9_manifests, l9_code, l9_backends)
    yield desk
    await desk.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def l9_agent(request: pytest.FixtureRequest, l9_desk: Desk) -> ServedAgent:
    """The agent that the file names as `AGENT`, in this process, with real backends and data of its own."""
    served = await l9_desk.together([request.module.AGENT])
    return served[request.module.AGENT]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def l9_agents(request: pytest.FixtureRequest, l9_desk: Desk) -> Mapping[str, ServedAgent]:
    """The agents that the file names as `AGENTS`, beside each other in one namespace."""
    return await l9_desk.together(request.module.AGENTS)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """End a test that made checks by their conclusion: no test can forget it."""
    result = yield
    checks = pyfuncitem.funcargs.get("l9_checks")
    if isinstance(checks, Checks):
        checks.conclude()
    return result
