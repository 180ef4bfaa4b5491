"""Where the tests of input find the agents, before and after delivery."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent.parent
_CODE = _HERE / "code" if (_HERE / "code").is_dir() else _HERE


def pytest_configure(config: pytest.Config) -> None:
    """Import tests by path, so that two agents may have modules of one name; make the agents' code importable."""
    config.option.importmode = "importlib"
    for root in (_CODE, _HERE / "implementations"):
        if root.is_dir() and str(root) not in sys.path:
            sys.path.insert(0, str(root))


@pytest.fixture(scope="session")
def l9_code() -> Path:
    """The root from which the agents' code is imported."""
    return _CODE


@pytest.fixture(scope="session")
def l9_manifests() -> Path:
    """The folder of the agents' manifests."""
    return _HERE / "manifests"
