"""Moved to `l9stack.agent.knowledge`."""

from l9stack.agent.knowledge import (
    forget_value as forget,
    keep_answer as keep_answer,
    keep_value as keep,
    read_answer as kept_answer,
    read_value as kept,
)

__all__ = [
    "forget",
    "keep",
    "keep_answer",
    "kept",
    "kept_answer",
]
