"""Dispatch: the bounds of every call."""

from __future__ import annotations

from l9stack.agent import Limits

LIMITS = Limits(rate="600/minute", max_payload_bytes=1048576)
"""How often one caller may run one operation, and how large a request may be; the library holds every call to it."""
