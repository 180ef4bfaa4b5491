"""The parts of a stack as they are shown: agents and backends, with where they answer and how they are."""

from __future__ import annotations

from collections.abc import Sequence

from l9stack.cli.printing import print_table
from l9stack.running.part_status import PartStatus


def healthy(parts: Sequence[PartStatus]) -> bool:
    """Whether agents are there, and every part is well."""
    return bool(of_kind(parts, "agent")) and all(part.good for part in parts)


def of_kind(parts: Sequence[PartStatus], kind: str) -> list[PartStatus]:
    """The agents, or the backends."""
    return [part for part in parts if part.kind == kind]


def parts_data(parts: Sequence[PartStatus]) -> dict[str, list[dict[str, str]]]:
    """Every part as plain data, for `--json`."""
    return {
        f"{kind}s": [
            {
                "name": part.name,
                "endpoint": part.endpoint,
                "health": part.health,
                "state": part.state,
                "detail": part.detail,
                "last_line": part.last_line,
            }
            for part in of_kind(parts, kind)
        ]
        for kind in ("agent", "backend")
    }


def print_parts(parts: Sequence[PartStatus]) -> None:
    """A table of agents, then one of backends."""
    for kind in ("agent", "backend"):
        if chosen := of_kind(parts, kind):
            rows = [(part.name, part.endpoint, part.health) for part in chosen]
            print_table([(kind.upper(), "ENDPOINT", "HEALTH"), *rows])
            if kind == "agent":
                print()
