"""Secrets that stand in a stack's file as anybody can read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from l9stack.errors import Place, Problem
from l9stack.reading.stack import stack_texts

_SECRET = ("archive.secret_key", "docker.registry.password")


def plain_secrets(root: Path, stack: str) -> list[Problem]:
    """A note for each of them, without what it holds."""
    return [
        Problem(
            "plain-secret",
            f"l9stack:{key} holds a password in plain text, for everybody who can read the file",
            place,
            f"pulumi config set --stack {stack} --secret --path l9stack:{key}, and change the password if the file was "
            "ever committed",
            "note",
        )
        for key, place in _found(root, stack)
    ]


def _found(root: Path, stack: str) -> Iterator[tuple[str, Place]]:
    for block in ("backends", "archive", "docker"):
        for name, (text, place) in stack_texts(root, stack, f"l9stack:{block}").items():
            key = f"{block}.{name}"
            if key in _SECRET or (block == "backends" and _has_password(text)):
                yield key, place


def _has_password(url: str) -> bool:
    try:
        return bool(urlsplit(url).password)
    except ValueError:  # it is told as no URL elsewhere
        return False
