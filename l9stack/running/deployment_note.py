"""A deployment that has not ended well: what it was to bring, and since when."""

from __future__ import annotations

from pydantic import ValidationError

from l9stack.model.deployment import UnfinishedDeployment
from l9stack.project import Project


def read_note(project: Project, stack: str) -> UnfinishedDeployment | None:
    """What a stack's last deployment from here was to bring; None where it ended well, or there was none."""
    try:
        return UnfinishedDeployment.model_validate_json((project.deploying / stack).read_bytes())
    except (FileNotFoundError, ValidationError):  # a note of an earlier version holds a time alone
        return None
