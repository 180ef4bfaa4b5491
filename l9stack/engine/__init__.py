"""The Pulumi engine: found or obtained, and driven."""

from l9stack.engine.environment import environment
from l9stack.engine.find import Engine, find, obtain

__all__ = ["Engine", "environment", "find", "obtain"]
