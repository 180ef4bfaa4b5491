"""Plan to text, in memory (the only Jinja user)."""

from l9stack.rendering.tree import render

__all__ = ["render"]
