"""Fixtures of generated tests, as a plugin of pytest: the agent of a file, served once, and the checks of a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from l9stack.agent.backends import BackendUrls
from l9stack.agent.conformance.checks import PROPERTY, Checks
from l9stack.agent.testing import ServedAgent, serving


class Desk:
    """Serves one agent at a time: that of the tests that run, for as long as they are of the same agent."""

    def __init__(self, manifests: Path, code: Path, backends: BackendUrls) -> None:
        self._manifests, self._code, self._backends = manifests, code, backends
        self._stack = AsyncExitStack()
        self._serving: dict[str, ServedAgent] = {}

    async def agent(self, name: str) -> ServedAgent:
        """The agent, served; one that was served before is closed, unless it is the same."""
        if name not in self._serving:
            await self.close()
            manifest = self._manifests / f"{name}.json"
            served = serving(manifest, self._code, self._backends)
            self._serving[name] = await self._stack.enter_async_context(served)
        return self._serving[name]

    async def close(self) -> None:
        """Serve nothing any more."""
        self._serving.clear()
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
    return await l9_desk.agent(request.module.AGENT)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """End a test that made checks by their conclusion: no test can forget it."""
    result = yield
    checks = pyfuncitem.funcargs.get("l9_checks")
    if isinstance(checks, Checks):
        checks.conclude()
    return result
