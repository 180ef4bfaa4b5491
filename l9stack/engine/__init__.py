"""The Pulumi engine: found or obtained, and driven."""

from l9stack.engine.environment import environment
from l9stack.engine.find import EngineBinary, find, obtain

__all__ = ["EngineBinary", "environment", "find", "obtain"]
