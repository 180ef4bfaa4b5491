"""Real servers for a session; where one cannot be had, the tests that need it are skipped with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.images.commands import FailedError, MissingError
from tests.real_servers.servers import RealServers, real_servers


@pytest.fixture(scope="session")
def real() -> Iterator[RealServers]:
    try:
        servers = real_servers()
        started = servers.__enter__()
    except (MissingError, FailedError) as error:
        pytest.skip(f"a real server cannot be had: {' '.join(str(error).split())}")
    try:
        yield started
    finally:
        servers.__exit__(None, None, None)
