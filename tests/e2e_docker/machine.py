"""What tests on a Docker engine need of the machine."""

from __future__ import annotations

import shutil

from l9stack.engine import find
from tests.e2e.images.commands import MissingError, engine_is_there

PLUGIN = "pulumi-resource-docker"


def missing() -> list[str]:
    """What is not there, each with what to do about it; empty where everything is."""
    found = []
    try:
        engine_is_there()
    except MissingError as error:
        found.append(str(error))
    if shutil.which(PLUGIN) is None:
        found.append(f"{PLUGIN} is not on PATH: put the folder of the Docker provider's plugin there")
    if find() is None:
        found.append("the Pulumi engine is not here: `l9 engine` obtains it")
    return found
