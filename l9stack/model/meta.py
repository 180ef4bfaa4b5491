"""The four meta templates, read: shared settings, ordering, gate thresholds, packet and integration contracts."""

from __future__ import annotations

from pydantic import JsonValue

from l9stack.errors import Place
from l9stack.model.base import Model


class GateThreshold(Model):
    """One row of the validation checklist: a gate's id, its phase, and the figure that it has to reach."""

    gate: str
    phase: int
    threshold: float
    unit: str
    """`percent`, `count_max`, `count_min`, `seconds`, or `flag` (1 means it has to hold)."""
    description: str = ""
    place: Place


class Protocol(Model):
    """A packet protocol: required field names with their JSON types, and optional ones."""

    name: str
    required: dict[str, str]
    optional: dict[str, str] = {}


class Meta(Model):
    """All four files together. `settings` are dotted canonical names, only those that a file sets."""

    folder: str
    settings: dict[str, JsonValue] = {}
    settings_places: dict[str, Place] = {}
    flags: dict[str, bool] = {}
    gates: tuple[GateThreshold, ...] = ()
    protocols: tuple[Protocol, ...] = ()
    parallel_agents: bool = True
    texts: dict[str, str] = {}
    """File name → text, for the prompt and for the input digest."""
