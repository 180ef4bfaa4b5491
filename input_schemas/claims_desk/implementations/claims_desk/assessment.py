"""The first assessment of a damaged parcel."""

from __future__ import annotations

from typing import Protocol

SHARE_LOST = {"torn": 0.15, "wet": 0.4, "crushed": 0.6, "missing": 1.0}
"""The share of the value that each kind of damage costs on average, from the carrier's claims of the last years."""

ENOUGH_PHOTOGRAPHS = 3


class DamageReport(Protocol):
    """What the function reads of a report."""

    @property
    def damage_kind(self) -> str:
        """One of the keys of `SHARE_LOST`."""

    @property
    def declared_value(self) -> float:
        """Value of the goods in euros."""

    @property
    def photographs(self) -> int:
        """How many photographs came with the report."""


def assess(report: DamageReport) -> dict[str, str | float]:
    """Estimate the damage in euros; each photograph up to the third makes the estimate surer."""
    share = SHARE_LOST[report.damage_kind]
    severity = "total" if share >= 0.9 else "major" if share >= 0.4 else "minor"
    # Nothing can be photographed of a parcel that is not there: the carrier's own scans prove it.
    shown = ENOUGH_PHOTOGRAPHS if report.damage_kind == "missing" else min(report.photographs, ENOUGH_PHOTOGRAPHS)
    return {
        "severity": severity,
        "estimate": round(report.declared_value * share, 2),
        "confidence": round(0.5 + 0.15 * shown, 2),
    }
