"""A stack's config, read once and typed: one module for each block of it, over one `Reader`.

A new block is a module with its frozen settings and a `read_<block>(reader)`, and a field of `StackSettings`.
"""

from l9stack.infra.settings.docker import DockerSettings
from l9stack.infra.settings.stack import RUNTIMES, StackSettings
from l9stack.infra.settings.swarm import SwarmSettings

__all__ = ["RUNTIMES", "DockerSettings", "StackSettings", "SwarmSettings"]
