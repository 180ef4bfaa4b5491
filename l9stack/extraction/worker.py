"""`python -m l9stack.extraction.worker`: the fork server of extractions, which has imported every stage.

Each order extracts one collection in a fork: `{"log", "path", "output", "project", "meta", "jobs", "folder", "ports",
"namespace", "scratch", "result"}`. What came of it is written to `result`, a `ExtractionResult` as JSON.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from l9stack.errors import L9Error
from l9stack.extraction.extract import extract
from l9stack.extraction.results import ExtractionResult, failure, success
from l9stack.extraction.servers import SharedGateServers
from l9stack.inputs import Inputs
from l9stack.local import fork_server_process
from l9stack.local.fork_server_process import Order
from l9stack.local.temporary import SharedServers
from l9stack.project import Project


def _warm() -> None:
    """Import every stage before the first fork, so that none of them is imported for each collection."""
    import l9stack.extraction.prove
    import l9stack.gates.static
    import l9stack.rendering.tree  # noqa: F401


def _extract(order: Order) -> None:
    """Extract as the order says; what a person did wrong is a result, and a bug ends with a traceback in the log."""
    os.environ["TMPDIR"] = order["scratch"]  # whoever ordered this removes it, also where this process is killed
    tempfile.tempdir = None
    path, project, began = Path(order["path"]), Project(Path(order["project"])), time.monotonic()
    shared = SharedServers(order["folder"], order["ports"])
    grounds = SharedGateServers(project, order["jobs"], shared, order["namespace"])
    result: ExtractionResult
    try:
        inputs = Inputs.read(project, path, order["meta"])
        done = extract(inputs, Path(order["output"]), _quiet, grounds=grounds)
        result = success(path, project, done, time.monotonic() - began)
    except (L9Error, OSError) as error:
        result = failure(path, error, time.monotonic() - began)
    Path(order["result"]).write_text(result.model_dump_json(), encoding="utf-8")


def _quiet(_message: str) -> None:
    """Many collections tell of themselves when they have ended, and not of each step."""


if __name__ == "__main__":
    fork_server_process.serve(_warm, _extract)
