"""`python -m l9stack.gates.worker`: the fork server of test runs. It has imported pytest, coverage and the library.

Each order runs the generated tests of one group in a fork: `{"log", "report", "folder", "environ", "paths",
"arguments", "root", "coverage"}`. Coverage is measured of the files below `root` alone, and not at all where it is
empty; l9stack's own files are never below it.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from pathlib import Path

import coverage
import pytest
import pytest_asyncio.plugin
from coverage.exceptions import NoDataError
from limits.aio.storage import RedisStorage

from l9stack.gates.fork_server import ENDED
from l9stack.gates.pytest_report import Reporter
from l9stack.local import fork_server_process, pytest_plugin
from l9stack.local.fork_server_process import Order

_FIRST_USED = (
    "anyio._backends._asyncio",
    "encodings.idna",
    "httpcore",
    *(f"l9stack.agent.governance.{name}" for name in ("_audit", "_policy")),
    *(f"l9stack.agent.knowledge.{name}" for name in ("_cache", "_causes", "_graph", "_history")),
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "structlog.testing",
)
"""What libraries import only when it is first used: each fork would do that anew."""


def _warm() -> None:
    """Import what generated tests use, before coverage traces: that makes imports three times as slow."""
    from _pytest.config import default_plugins

    for name in (
        *(f"_pytest.{name}" for name in default_plugins),
        *_FIRST_USED,
        "l9stack.agent.conformance",
    ):
        importlib.import_module(name)
    RedisStorage("async+redis://127.0.0.1:6379", implementation="redispy")  # it connects to nothing yet


def _run(order: Order) -> None:
    """Run pytest as the order says, and end with `ENDED` and its exit code."""
    os.environ.clear()
    os.environ.update(order["environ"])
    os.chdir(order["folder"])
    tempfile.tempdir = None  # the parent's is not ours
    sys.path[:0] = order["paths"]
    sys.dont_write_bytecode = True  # libraries keep theirs; the tree under test gets none
    measured = _coverage(order["root"]) if order["root"] else None
    plugins = [pytest_asyncio.plugin, pytest_plugin, Reporter(Path(order["report"]))]
    code = pytest.main(order["arguments"], plugins=plugins)
    if measured is not None:
        measured.stop()
        try:
            measured.json_report(outfile=order["coverage"], ignore_errors=True)
        except NoDataError:
            print("nothing of the code under test was run", file=sys.stderr)
    raise SystemExit(ENDED + int(code))


def _coverage(root: str) -> coverage.Coverage:
    """Branch coverage of every file below `root`, also of those that nothing imports; it measures from now on."""
    measured = coverage.Coverage(data_file=None, config_file=False, branch=True, source=[root], messages=False)
    measured.set_option("report:include_namespace_packages", True)
    measured.set_option("report:exclude_also", ["if TYPE_CHECKING:"])
    measured.start()
    return measured


if __name__ == "__main__":
    fork_server_process.serve(_warm, _run)
