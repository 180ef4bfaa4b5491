"""Conditions that values of a stack's config have to meet."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]*?(:(?!latest$)[\w][\w.-]*|@sha256:[0-9a-f]{64})")
Constraint = tuple[Callable[[Any], bool], str]
"""Whether a value is right, and what it has to be, as the hint says it."""


def between(low: int, high: int, unit: str) -> Constraint:
    """A whole number of `low` to `high`."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high, unit


def is_mapping(value: Any) -> bool:
    """Whether it is a mapping."""
    return isinstance(value, dict)


def is_text(value: Any) -> bool:
    """Whether it is text, and not empty."""
    return isinstance(value, str) and bool(value)


def is_flag(value: Any) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def is_image(value: Any) -> bool:
    """Whether it is the name of an image with a version: a tag other than latest, or a digest."""
    return isinstance(value, str) and bool(_IMAGE.fullmatch(value))


def is_url(value: Any) -> bool:
    """Whether it is a URL with http or https, without user and password: it is shown to everybody."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return False


def is_address(value: Any) -> bool:
    """Whether it is an IP address."""
    try:
        return isinstance(value, str) and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def name_list(names: Iterable[str]) -> str:
    """Names as a hint lists them."""
    return ", ".join(names)
