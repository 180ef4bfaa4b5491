"""`${NAME}` in the texts of a config: which there are, and what the environment puts in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def substitute(value: Any, environ: Mapping[str, str]) -> Any:
    """`${NAME}` replaced from the environment in every text; a name that is not set stays as it is."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: environ.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: substitute(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, environ) for item in value]
    return value


def variables(text: str) -> list[str]:
    """The names of the variables that a text still has, in their order."""
    return _VARIABLE.findall(text)
