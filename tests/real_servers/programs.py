"""Where the programs of real servers come from: Debian's packages, Maven's jars and a Go module, never an image."""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.e2e.images import sources
from tests.e2e.images.commands import FailedError, MissingError

_POSTGRES = Path("/usr/lib/postgresql")


def redis() -> Path:
    """Debian's Redis."""
    return _installed("redis-server", "redis-server")


def postgres() -> Path:
    """The folder of the newest Postgres that Debian's packages have put here, with `bin`."""
    found = [folder for folder in _POSTGRES.glob("*") if (folder / "bin" / "postgres").is_file()]
    if not found:
        raise MissingError(f"no Postgres in {_POSTGRES}: apt-get install postgresql")
    return max(found, key=lambda folder: [int(part) for part in re.findall(r"\d+", folder.name)])


def neo4j() -> Path:
    """The folder of Neo4j's jars, of the version that the test images have."""
    java()
    return _obtained(sources.jars)


def java() -> Path:
    """The Java that runs Neo4j."""
    return _installed("java", "default-jre-headless")


def archive() -> Path:
    """The S3 server, of the version that the test images have."""
    return _obtained(sources.versitygw)


PROGRAMS: Mapping[str, Callable[[], Path]] = {
    "redis": redis,
    "postgres": postgres,
    "neo4j": neo4j,
    "archive": archive,
}
"""By service: gives the program or its folder, or raises MissingError or FailedError with the reason."""


def reasons() -> dict[str, str]:
    """Why there are services without a program, by service; what can be obtained is obtained."""
    found: dict[str, str] = {}
    for service, obtain in PROGRAMS.items():
        try:
            obtain()
        except (MissingError, FailedError) as error:
            found[service] = " ".join(str(error).split())
    return found


def _installed(program: str, package: str) -> Path:
    found = shutil.which(program)
    if found is None:
        raise MissingError(f"{program} is missing: apt-get install {package}")
    return Path(found)


def _obtained(obtain: Callable[[], Path]) -> Path:
    """One at a time: a second run waits, and finds the first one's work."""
    with (sources.cache() / "programs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return obtain()
