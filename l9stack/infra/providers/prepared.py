"""The plan, prepared once in each provider process: every command starts a new one."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from l9stack.errors import GateError, Problem
from l9stack.names import AgentId
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.extraction.prepare import PreparedCollection

_LOCK = threading.Lock()
_KNOWN: dict[str, PreparedCollection] = {}


def prepare_once(
    project: Project, inputs: str, path: str, settings: Mapping[str, JsonValue], part: AgentId | None, digest: str
) -> PreparedCollection:
    """What the program prepared from `inputs`, which it kept, prepared again.

    Raises:
        InputError: they are kept no more.
        GateError: they render to something else; `part` no longer has `digest`.
    """
    # Imported here: most commands find everything as it should be, and prepare nothing.
    from l9stack.extraction.input_store import kept_inputs
    from l9stack.extraction.prepare import prepare

    key = json.dumps([inputs, path, dict(settings)], sort_keys=True)
    with _LOCK:
        if key not in _KNOWN:
            _KNOWN[key] = prepare(kept_inputs(project, inputs, project.root / path, settings))
        found = _KNOWN[key]
    if found.digests().get(part) != digest:
        message = f"{path} renders otherwise than a moment ago: l9stack was changed while it is deployed"
        raise GateError([Problem("generator-changed", message, hint="run it again")])
    return found
