"""What images are built from: folders below `.l9/images`, each named after all that it holds, and never changed.

An engine is sent such a folder and nothing else of the project. Paths and modes are the same on every machine, so
that another machine's `up` finds nothing to build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from l9stack import __version__
from l9stack.extraction.packages import AGENT_LOCK
from l9stack.files import (
    CACHES,
    digests_below,
    files_below,
    open_to_readers,
    publish,
    sweep,
    temporary_folder,
    write_files,
)
from l9stack.output.store import Store
from l9stack.project import Project

DOCKERFILES = Path(__file__).parent / "dockerfiles"
"""What images are built from: a Dockerfile for each kind, and what is installed in it."""
_PACKAGE = DOCKERFILES.parents[3]
_TITLE = "org.opencontainers.image."


@dataclass(frozen=True)
class BuildContext:
    """A folder with a `Dockerfile`, and the digest of everything in it."""

    folder: Path
    digest: str

    @property
    def dockerfile(self) -> Path:
        """The file by which it is built."""
        return self.folder / "Dockerfile"


def base_context(project: Project, python: str) -> BuildContext:
    """Python and what every agent needs, by our own lock."""
    files = {"requirements.txt": AGENT_LOCK.read_bytes()}
    files |= _below(
        _PACKAGE, "l9stack", ["__init__.py", *(f"agent/{name}" for name in files_below(_PACKAGE / "agent"))]
    )
    return _assembled(project, "base", files, {f"{_TITLE}base.name": python})


def packages_context(project: Project, lock: Path, digest: str, labels: Mapping[str, str]) -> BuildContext:
    """The collection's third-party packages, by its own lock."""
    return _assembled(
        project, "packages", {"requirements.txt": lock.read_bytes()}, {**labels, "l9stack.packages": digest}
    )


def implementations_context(project: Project, folder: Path, digest: str, labels: Mapping[str, str]) -> BuildContext:
    """The user's own functions; their tests stay where they are."""
    names = [name for name in files_below(folder) if name.partition("/")[0] != "tests"]
    files = _below(folder, "implementations", names)
    return _assembled(project, "own", files, {**labels, "l9stack.implementations": digest})


def agent_context(project: Project, entry: str, labels: Mapping[str, str]) -> BuildContext:
    """One agent's generated files, as they lie in the store."""
    files = _parts(project, entry, ("code/", "manifests/"))
    return _assembled(project, "agent", files, {**labels, "l9stack.code": entry})


def tests_context(project: Project, entry: str, labels: Mapping[str, str]) -> BuildContext:
    """Everything that the generated tests of a collection run on, with pytest by our own lock."""
    files = _parts(project, entry, ("code/", "manifests/", "tests/"))
    files["requirements.txt"] = (DOCKERFILES / "tests_requirements.txt").read_bytes()
    return _assembled(project, "tests", files, {**labels, "l9stack.code": entry})


def digest_of(parts: Iterable[bytes]) -> str:
    """A short digest of byte strings, each of them bounded."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:12]


def _parts(project: Project, entry: str, prefixes: tuple[str, ...]) -> dict[str, bytes]:
    folder = Store(project).path(entry)
    return {name: (folder / name).read_bytes() for name in files_below(folder) if name.startswith(prefixes)}


def _below(folder: Path, at: str, names: Iterable[str]) -> dict[str, bytes]:
    found = [name for name in names if not CACHES.intersection(name.split("/"))]
    return {f"{at}/{name}": (folder / name).read_bytes() for name in found}


def _assembled(project: Project, kind: str, files: dict[str, bytes], labels: Mapping[str, str]) -> BuildContext:
    """The folder, written where it is missing or was changed; labels become a part of its Dockerfile."""
    told = {**labels, f"{_TITLE}title": f"l9stack {kind}", f"{_TITLE}version": __version__}
    # An instruction of the builder reads `$` and quotes; names, digests and versions have neither.
    label = " ".join(f'{name}="{value}"' for name, value in sorted(told.items()))
    lines = (DOCKERFILES / f"{kind}.Dockerfile").read_text(encoding="utf-8")
    files["Dockerfile"] = f"{lines.rstrip()}\nLABEL {label}\n".encode()
    digest = digest_of(part for name, data in sorted(files.items()) for part in (name.encode(), data))
    folder = project.images / f"{kind}-{digest}"
    wanted = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    if folder.is_dir() and digests_below(folder) == wanted:
        return BuildContext(folder, digest)
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent)
    with temporary_folder(folder) as temporary:
        write_files(temporary, sorted(files.items()))
        open_to_readers(temporary)
        if folder.exists():
            with temporary_folder(folder) as rubbish:
                publish(folder, rubbish / "changed")
        publish(temporary, folder)
    return BuildContext(folder, digest)
