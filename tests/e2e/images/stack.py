"""The settings by which a stack uses the images."""

from __future__ import annotations

from collections.abc import Mapping

_MONITORS = ("prometheus", "grafana")
"""They have a block of their own."""


def stack_config(
    images: Mapping[str, str], *, runtime: str = "docker", collection: str = "", first_port: int = 0
) -> str:
    """A stack's file that names the images; collection and ports are the defaults where they are not given."""
    blocks = {
        "docker": [name for name in images if name not in _MONITORS],
        "monitoring": [name for name in images if name in _MONITORS],
    }
    lines = ["config:", f"  l9stack:runtime: {runtime}"]
    lines += [f"  l9stack:collection: {collection}"] if collection else []
    for block, names in blocks.items():
        lines += [f"  l9stack:{block}:"] if names else []
        lines += [f"    first_port: {first_port}"] if first_port and block == "docker" else []
        lines += ["    images:", *(f"      {name}: {images[name]}" for name in names)] if names else []
    return "\n".join(lines) + "\n"
