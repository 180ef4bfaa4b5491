"""Makes the images that are missing: one is found by a digest of all that it is made of, so a second run makes none."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.e2e.images import sources
from tests.e2e.images.catalogue import NAMES, RECIPES, Recipe
from tests.e2e.images.commands import docker, engine_is_there, say
from tests.e2e.images.digests import digest, folder_digest

REPOSITORY = "l9stack-test"
LABEL = "l9stack.test.image"
_EDITION = "1"
"""Of the base images: counted up when what makes them changes."""


def images(names: Iterable[str] = NAMES) -> Mapping[str, str]:
    """The images of these names, made where they are missing.

    Raises:
        MissingError: something on this machine is missing: an engine, or what an image is made with.
        FailedError: an image could not be made.
    """
    engine_is_there()
    with (sources.cache() / "lock").open("w") as lock:
        # Two runs make each image once: the second waits.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return {name: _made(name, RECIPES[name]) for name in names}


def remove() -> list[str]:
    """Remove all images that were made here; one that a container still uses is an error."""
    found = _listed(LABEL)
    for image in found:
        docker("rmi", image)
    return found


def _made(name: str, recipe: Recipe) -> str:
    base_key = digest([recipe.suite.encode(), _EDITION.encode()])
    inputs = (*recipe.inputs, Path(sources.__file__)) if recipe.obtained else ()
    key = digest(
        [folder_digest(sources.HERE / name).encode(), base_key.encode(), *(path.read_bytes() for path in inputs)]
    )
    if found := _found(key):
        return found
    base = _found(base_key) or _base(recipe.suite, base_key)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=sources.cache()) as folder:
        context = Path(folder) / name
        shutil.copytree(sources.HERE / name, context)
        for target, obtain in recipe.obtained.items():
            source = obtain()
            if source.is_dir():
                shutil.copytree(source, context / target)
            else:
                shutil.copy2(source, context / target)
        # The packages come by the machine's own network: a bridge's may reach no registry.
        arguments = ("--network", "host", "--build-arg", f"BASE={base}", "--label", f"{LABEL}={key}")
        image = docker("build", "-q", *arguments, context).split()[-1]
    version = docker("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", image, "-c", recipe.version).strip()
    tag = f"{REPOSITORY}/{name}:{version}"
    docker("tag", image, tag)
    say(f"{tag} is made ({time.monotonic() - began:.0f} s)")
    return tag


def _base(suite: str, key: str) -> str:
    tag, began = f"{REPOSITORY}/debian:{suite}", time.monotonic()
    sources.debian(suite, tag, [f"{LABEL}={key}"])
    say(f"{tag} is made ({time.monotonic() - began:.0f} s)")
    return tag


def _found(key: str) -> str | None:
    return next(iter(_listed(f"{LABEL}={key}")), None)


def _listed(label: str) -> list[str]:
    """Tags of ours: what others build on them has their labels as well."""
    ours = ("--filter", f"reference={REPOSITORY}/*", "--filter", f"label={label}")
    return docker("images", *ours, "--format", "{{.Repository}}:{{.Tag}}").split()
