"""What a run of the generated tests before traffic measured; it travels as the last line of what the run printed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

PASSED, FAILED, NOT_RUN = 0, 1, 3
"""Exit codes of a run; the last says that the tests could not be run there at all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that did not pass: `node` as pytest names it, where it failed below the folder, and its last lines."""

    node: str
    file: str
    line: int
    message: str


@dataclass(slots=True)
class Summary:
    """Counts and seconds of the tests.

    `reason` says why they could not be run, `left` what could not be removed afterwards, and `again` names those that
    passed only when they were run once more.
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    reason: str = ""
    left: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """PASSED, FAILED or NOT_RUN."""
        return NOT_RUN if self.reason else FAILED if self.failed else PASSED

    @classmethod
    def read(cls, printed: str) -> Summary | None:
        """The summary at the end of what a run printed; None where there is none."""
        last = (printed.strip().splitlines() or [""])[-1]
        try:
            found = json.loads(last)
            return cls(**{**found, "failures": [Failure(**failure) for failure in found["failures"]]})
        except (ValueError, TypeError, KeyError):
            return None
