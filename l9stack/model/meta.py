"""The four meta templates, read: shared settings, ordering, gate thresholds, packet and integration contracts."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from l9stack.errors import Place, Problem
from l9stack.model.base import Model

FLAGS = (
    "L9_ENABLE_CODEGEN_STRICT_MODE",
    "L9_ENABLE_DEPENDENCY_VALIDATION",
    "L9_ENABLE_EVIDENCE_REPORTING",
    "L9_ENABLE_EXTRACTION_PHASES",
    "L9_ENABLE_GOVERNANCE_ENFORCEMENT",
    "L9_ENABLE_MEMORY_SUBSTRATE_VALIDATION",
    "L9_ENABLE_TEST_GENERATION",
)
"""Every feature flag; one that nobody sets is on."""
ALWAYS_ON = {
    "L9_ENABLE_EVIDENCE_REPORTING": "an extraction is published with its signed report, or not at all",
    "L9_ENABLE_EXTRACTION_PHASES": "phases 0 to 6 are the extraction, and each rests on the one before it",
    "L9_ENABLE_TEST_GENERATION": "what is published is proven by tests; to ask less, lower thresholds of phase 4",
}
"""Flags that cannot be switched off, with the reason."""


CheckKind = Literal["forbid_pattern", "require_text", "require_file", "max_lines"]
Within = Literal["code", "docs", "tests", "manifests"]


class GateCheck(Model):
    """What a gate of the user's own counts, in an agent's files below the folders `within`; it runs nothing of them.

    forbid_pattern: lines where `pattern`, a regular expression, is found. require_text: files in which `pattern` is
    found. require_file: files whose path, below the agent's part of the folder, matches the glob `file`. max_lines:
    lines of the longest file. `file` narrows the first, second and last to the files that it matches.
    """

    kind: CheckKind
    within: tuple[Within, ...] = ("code",)
    pattern: str = ""
    file: str = "*"


class GateThreshold(Model):
    """One row of the validation checklist: a gate's id, its phase, and the figure that it has to reach."""

    gate: str
    phase: int
    threshold: float
    unit: str
    """`percent`, `count_max`, `count_min`, `seconds`, or `flag` (1 means it has to hold)."""
    description: str = ""
    check: GateCheck | None = None
    """What is counted, for a gate of the user's own."""
    place: Place


class Protocol(Model):
    """A packet protocol: required field names with their types, and optional ones.

    `carries` maps a field of the protocol to the field of the PacketEnvelope that it stands for, and `constants` the
    others to the one value that they have: each field is in one of them.
    """

    name: str
    required: dict[str, str]
    optional: dict[str, str] = {}
    carries: dict[str, str] = {}
    constants: dict[str, JsonValue] = {}


PACKET_ENVELOPE = Protocol(
    name="PacketEnvelope",
    required={
        "packet_id": "uuid",
        "source_agent": "text",
        "destination_agent": "text",
        "timestamp": "time",
        "payload": "object",
        "metadata": "object",
    },
    optional={
        "packet_type": "text",
        "provenance": "object",
        "confidence": "object",
        "lineage": "object",
        "thread_id": "text",
        "tags": "list",
        "ttl": "number",
        "content_hash": "text",
    },
)
"""The library's own protocol: what every other one carries, and what holds where no template defines it anew."""


class Sequence(Model):
    """How agents are ordered: which dependencies count, and how many agents one wave may hold."""

    order: Literal["hard_dependencies", "hard_and_soft_dependencies"] = "hard_dependencies"
    parallel_agents: bool = True
    max_parallel_agents: int | None = None

    @property
    def wave_size(self) -> int | None:
        """The most agents of one wave; None where any number may be in one."""
        return self.max_parallel_agents if self.parallel_agents else 1


class Meta(Model):
    """All four files together. `settings` are dotted canonical names, only those that a file sets."""

    folder: str
    settings: dict[str, JsonValue] = {}
    settings_places: dict[str, Place] = {}
    flags: dict[str, bool] = {}
    gates: tuple[GateThreshold, ...] = ()
    protocols: tuple[Protocol, ...] = ()
    sequence: Sequence = Sequence()
    notes: tuple[Problem, ...] = ()
    texts: dict[str, str] = {}
    """File name → text, for the prompt and for the input digest."""
