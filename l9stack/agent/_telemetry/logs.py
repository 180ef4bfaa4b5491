"""JSON lines on standard output: one object an event, always with the agent, and the trace id where there is one."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

_REDACTED = frozenset({"authorization", "token", "password", "secret", "url", "key"})
_TOLD = frozenset({"error", "reason"})
_LONGEST = 500
"""Characters of a failure's message."""


def configure(level: str) -> None:
    """Set up structlog for the process; `level` is DEBUG, INFO, WARNING or ERROR."""
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )


def logger(agent: str) -> Any:
    """A logger whose lines name the agent."""
    return structlog.get_logger().bind(agent=agent)


def _redact(_: Any, __: str, event: Any) -> Any:
    """Values under names that carry secrets never reach a log."""
    return {key: "[redacted]" if key.lower() in _REDACTED else value for key, value in event.items()}


def _brief(_: Any, __: str, event: Any) -> Any:
    """What a client says of a failure is told without the records that it prints below its message."""
    return {key: _first_part(value) if key in _TOLD else value for key, value in event.items()}


def _first_part(value: Any) -> Any:
    return " ".join(value.partition("\n\n")[0].split())[:_LONGEST] if isinstance(value, str) else value


_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
    _redact,
    _brief,
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(sort_keys=True),
]
"""One list for every logger of the process: a test that captures logs gets those of all agents that it serves."""
