"""Where generated tests find the agents, before and after delivery.

Their servers are those that `L9_…` variables name, where all are set; else l9stack[local] starts servers for the
session.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from l9stack.agent.conformance import fixtures

_HERE = next(folder.parent for folder in Path(__file__).resolve().parents if folder.name == "tests")
_CODE = _HERE / "code" if (_HERE / "code").is_dir() else _HERE


def pytest_configure(config: pytest.Config) -> None:
    """Make the agents' code importable, and the library's fixtures known."""
    for root in (_CODE, _HERE / "implementations"):
        if root.is_dir() and str(root) not in sys.path:
            sys.path.insert(0, str(root))
    if not config.pluginmanager.is_registered(fixtures):
        config.pluginmanager.register(fixtures)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Import these tests by path, for agents have tests of one name; tests beside them are imported as ever."""
    options = collector.config.option
    before, options.importmode = options.importmode, "importlib"
    try:
        return (yield)
    finally:
        options.importmode = before


@pytest.fixture(scope="session")
def l9_code() -> Path:
    """The root from which the agents' code is imported."""
    return _CODE


@pytest.fixture(scope="session")
def l9_manifests() -> Path:
    """The folder of the agents' manifests."""
    return _HERE / "manifests"
