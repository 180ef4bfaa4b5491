"""`deployment_manifest.json`: what a stack deployed, as its outputs said; where it lies, and how it is read."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from l9stack.errors import InputError, Place, Problem
from l9stack.model.deployment import Deployment
from l9stack.project import Project

MANIFEST, READINESS = "deployment_manifest.json", "deployment_readiness.md"


def manifest_text(deployment: Deployment) -> str:
    """The manifest as JSON; keys sorted."""
    return f"{json.dumps(deployment.model_dump(mode='json'), indent=2, sort_keys=True, ensure_ascii=False)}\n"


def manifest_path(project: Project, stack: str) -> Path:
    """Where a stack's manifest lies."""
    return project.deployment(stack) / MANIFEST


def read_manifest(project: Project, stack: str) -> Deployment | None:
    """What was deployed; None where no manifest is there.

    Raises:
        InputError: the file is none that this version writes.
    """
    path = manifest_path(project, stack)
    try:
        return Deployment.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        hint = f"`l9 up --stack {stack}` or `l9 manifest --stack {stack}` writes it anew"
        message = f"not a deployment manifest of this version: {where}: {first['msg']}"
        raise InputError([Problem("bad-manifest", message, Place(str(path)), hint)]) from error
