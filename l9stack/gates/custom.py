"""Gates that a checklist defines itself: counts over an agent's rendered text; nothing of it is run."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from l9stack.errors import Place
from l9stack.gates.registry import GateMeasurement, first_few
from l9stack.gates.syntax import CODE, DOCS, TESTS, ParsedTree
from l9stack.model.artifact import Artifact
from l9stack.model.meta import GateCheck
from l9stack.model.plan import AgentPlan

LONGEST_LINE = 2000
"""A pattern is tried on this many characters of a line: generated lines are shorter."""


def measure(scene: ParsedTree, agent: AgentPlan, check: GateCheck) -> GateMeasurement:
    """The figure of a gate of the user's own for one agent."""
    files = [
        artifact
        for folder in check.within
        for artifact in scene.artifacts(agent.id, f"{folder}/")
        if fnmatchcase(_below(agent, artifact.path), check.file)
    ]
    match check.kind:
        case "require_file":
            return GateMeasurement(
                len(files), first_few(a.path for a in files) or f"no file is {check.file!r}", _spec(agent, files)
            )
        case "max_lines":
            return _longest(files)
    found = _matches(files, check.pattern)
    if check.kind == "require_text":
        with_it = sorted({place.file for place in found})
        detail = first_few(with_it) or f"in none of {len(files)} files"
        return GateMeasurement(len(with_it), detail, None if with_it else _spec(agent, files))
    detail = first_few(f"{place.file}:{place.line}" for place in found) or f"in none of {len(files)} files"
    return GateMeasurement(len(found), detail, found[0] if found else None)


def _below(agent: AgentPlan, path: str) -> str:
    """A path below the agent's own part: `core/scorer.py` of `code/L9/agents/desk/core/scorer.py`."""
    for prefix in (f"{CODE}{agent.spec.root_path}/", f"{DOCS}{agent.id}/", f"{TESTS}agents/{agent.id}/"):
        if path.startswith(prefix):
            return path.removeprefix(prefix)
    return path.partition("/")[2]


def _spec(agent: AgentPlan, files: list[Artifact]) -> Place | None:
    """Where to look for what is not there: a file that should have held it, else the agent's schema."""
    return Place(files[0].path) if files else agent.spec.place


def _longest(files: list[Artifact]) -> GateMeasurement:
    lengths = [(artifact.text.count("\n"), artifact.path) for artifact in files]
    if not lengths:
        return GateMeasurement(0, "no such file")
    most, path = max(lengths)
    return GateMeasurement(most, path, Place(path, most or 1))


def _matches(files: list[Artifact], pattern: str) -> list[Place]:
    expression = re.compile(pattern)
    return [
        Place(artifact.path, number)
        for artifact in files
        for number, line in enumerate(artifact.text.splitlines(), start=1)
        if expression.search(line[:LONGEST_LINE])
    ]
