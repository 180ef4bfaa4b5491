"""A random password, made once and kept in the stack's encrypted state."""

from __future__ import annotations

import secrets
from typing import Any

from l9stack.infra.providers.base import Props, Provider


class PasswordProvider(Provider):
    """192 bits; it changes only when its name does. Hexadecimal, so that no URL, shell or option parser is misled."""

    inputs = ("name",)
    watched = ("name",)
    key = "name"

    def make(self, props: Props) -> dict[str, Any]:
        """Make it."""
        return {"value": secrets.token_hex(24)}
