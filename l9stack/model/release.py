"""A release: what was deployed, so that exactly the same can be deployed again, here or on another stack."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from l9stack.model.base import Model


class Release(Model):
    """A collection's inputs and what they were rendered to. The digest of this record names the release."""

    schema_version: Literal["1"] = "1"
    collection: str
    path: str
    """Of the collection, a file or a folder, within the release's inputs."""
    files: dict[str, str]
    """SHA-256 of each input, by its path within the release's inputs."""
    settings: dict[str, JsonValue]
    """The settings of the stack for which it was made."""
    tree: str
    """Digest of everything that was generated with these settings."""
    parts: dict[str, str]
    """Digest of each agent's part of it."""
    l9stack: str
    """The version that generated it."""


class DeployedRelease(Model):
    """One entry of a stack's history: written when every agent of the release was healthy."""

    release: str
    """The release's digest."""
    tree: str
    """Of what was generated with the stack's own settings."""
    at: str
    """ISO 8601, UTC."""
    by: str
    """`user@host` that deployed."""
    l9stack: str
    """The version that deployed, whose library the agents run on."""
    gates: str
    """How many gates held, of how many."""
    evidence: str
    """SHA-256 of the record of the gates' results."""
    images: dict[str, str] = {}
    """The image of each agent, on a runtime with containers; with its digest where a registry keeps it."""
