"""The settings by which a stack uses the images."""

from __future__ import annotations

from collections.abc import Mapping

_MONITORS = ("prometheus", "grafana")
"""They have a block of their own."""


def stack_config(
    images: Mapping[str, str],
    *,
    runtime: str = "docker",
    collection: str = "",
    docker: Mapping[str, object] | None = None,
) -> str:
    """A stack's file that names the images; `docker` are more settings of that block, `collection` not the default."""
    blocks = {
        "docker": [name for name in images if name not in _MONITORS],
        "monitoring": [name for name in images if name in _MONITORS],
    }
    lines = ["config:", f"  l9stack:runtime: {runtime}"]
    lines += [f"  l9stack:collection: {collection}"] if collection else []
    for block, names in blocks.items():
        lines += [f"  l9stack:{block}:"] if names else []
        lines += [f"    {key}: {value}" for key, value in (docker or {}).items()] if block == "docker" else []
        lines += ["    images:", *(f"      {name}: {images[name]}" for name in names)] if names else []
    return "\n".join(lines) + "\n"
