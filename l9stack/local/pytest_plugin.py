"""Fixtures for generated tests: real backends, from the environment or started for the session."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from l9stack.agent.backends import BackendUrls


@pytest.fixture(scope="session")
def l9_backends() -> Iterator[BackendUrls]:
    """The backends that `L9_…` variables name; where one is missing, embedded servers of this session's own."""
    given = BackendUrls.from_environ(os.environ)
    if given is not None:
        yield given
        return
    from l9stack.local.temporary import temporary_servers

    with temporary_servers() as (backends, _):
        yield backends
