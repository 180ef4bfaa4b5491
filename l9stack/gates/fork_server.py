"""The fork server of test runs, and what it hands to them."""

from __future__ import annotations

import os
from pathlib import Path

from l9stack.local.fork_server import ForkServer

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LD_LIBRARY_PATH", "JAVA_HOME")
ENDED = 64
"""Added to pytest's exit code by a run that came to its end: a test that calls `os._exit(0)` does not look like one."""


def fork_server_of_tests(log: Path) -> ForkServer:
    """A parent that has imported pytest, coverage and the library; see `l9stack.gates.worker` for its orders."""
    return ForkServer("l9stack.gates.worker", log, environ_of_tests())


def environ_of_tests() -> dict[str, str]:
    """What tests get of the caller's environment: what passes here must pass elsewhere, and secrets stay out."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
