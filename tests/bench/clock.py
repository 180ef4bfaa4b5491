"""The time that a whole run may take: what is repeated stops when it is used up."""

from __future__ import annotations

import time
from collections.abc import Iterator


class Clock:
    """Counts from its making."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds that may still be used."""
        return self._seconds - self.elapsed

    def rounds(self, wanted: int, share: float = 1.0) -> Iterator[int]:
        """Numbers from 0: always one, and up to `wanted` while another round as long fits in a share of the rest."""
        for number in range(wanted):
            began = time.monotonic()
            yield number
            if time.monotonic() - began > self.left * share:
                return
