"""What of a stack cannot be made again: it is kept by `l9 down`, and protected where the stack's config says so.

Everything else of a stack follows from its schemas. A protected resource is one that the engine refuses to delete,
whoever asks: `destroy` fails, or leaves it with `--exclude-protected`, and an `up` that would replace it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

KEEPS_DATA = "l9stack.data"
"""The label of volumes that hold data; on an engine, `docker volume ls --filter label=l9stack.data` finds them."""
_VOLUME = "docker:index/volume:Volume"
_ALWAYS = frozenset(f"pulumi-python:dynamic/l9stack:{name}" for name in ("Password", "Release", "ArchiveBucket"))
"""A password that was made anew opens no data; a history is written once; an archive is what is kept."""


def is_stateful(kind: str, inputs: Mapping[str, Any]) -> bool:
    """Whether a resource of this type and these inputs holds what cannot be made again."""
    return kind in _ALWAYS or (
        kind == _VOLUME and any(_label(label) == KEEPS_DATA for label in inputs.get("labels") or ())
    )


def protection_transform(arguments: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """A transformation that protects what is stateful, for the root of a protected stack."""
    if not is_stateful(arguments.type_, arguments.props):
        return None
    options = pulumi.ResourceOptions.merge(arguments.opts, pulumi.ResourceOptions(protect=True))
    return pulumi.ResourceTransformationResult(arguments.props, options)


def _label(label: Any) -> str:
    return str(label["label"] if isinstance(label, Mapping) else label.label)
