"""Write a new project: all of what the engine needs or nothing, and never over a file that is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.starter.content import Beginning, further_files, needed_files

_IGNORED = ".gitignore"


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project that was made: paths relative to its root."""

    root: Path
    collection: str
    made: tuple[str, ...]
    kept: tuple[str, ...]
    """Files that were there already and are as they were."""
    not_ignored: tuple[str, ...]
    """Lines that a `.gitignore` of the folder's own lacks: private keys lie below `.l9/`."""


def make_project(root: Path, beginning: Beginning) -> NewProject:
    """Make a project of a folder, which is made where it is not there.

    Raises:
        InputError: the folder is a project already, a file that the engine needs is there, or cannot be written.
    """
    needed, further = needed_files(root, beginning), further_files(root, beginning)
    if (root / "Pulumi.yaml").exists():
        message = f"{root} is a project already"
        hint = "`l9 up` deploys it; `l9 new PATH` begins one more collection in it"
        raise InputError([Problem("project-exists", message, Place("Pulumi.yaml"), hint)])
    if taken := [name for name in needed if _is_there(root / name)]:
        hint = "nothing was written: move it away, or name another folder"
        raise InputError([Problem("file-exists", f"{name} is there already", Place(name), hint) for name in taken])
    kept = tuple(sorted(name for name in further if _is_there(root / name)))
    files = needed | {name: data for name, data in further.items() if name not in kept}
    for name, data in files.items():
        _write(root / name, data)
    return NewProject(root, beginning.path, tuple(sorted(files)), kept, _lacking(root, further[_IGNORED]))


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _lacking(root: Path, ours: bytes) -> tuple[str, ...]:
    has = {line.strip() for line in (root / _IGNORED).read_text(encoding="utf-8", errors="replace").splitlines()}
    wanted = [line for line in ours.decode().splitlines() if not line.startswith("#")]
    return tuple(line for line in wanted if not has & {line, line.strip("/"), f"/{line.strip('/')}/"})


def _write(path: Path, data: bytes) -> None:
    """Make a file; one that appeared meanwhile is not touched."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            stream.write(data)
    except (FileExistsError, NotADirectoryError) as error:
        message = f"{path} cannot be written: {error.strerror}"
        hint = "move it away, or name another folder"
        raise InputError([Problem("not-written", message, Place(str(path)), hint)]) from error
