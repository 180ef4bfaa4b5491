"""`l9 extract` as a process of its own, in a small project whose inputs can be changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from l9stack.evidence.verify import verify
from l9stack.project import Project
from tests.bench.scratch import COMMAND, REPOSITORY

SOURCE = REPOSITORY / "tests" / "golden" / "minimal"
_FOLDER = re.compile(rb"/(?:tmp|var/tmp)/l9-(?:servers|gates|many)-[A-Za-z0-9_]+")


def make(root: Path) -> Path:
    """A project with one small collection; the collection's path."""
    root.mkdir(mode=0o711, parents=True, exist_ok=True)
    (root / "Pulumi.yaml").write_text("name: chaos\nruntime: python\n")
    collection = root / "small"
    collection.mkdir()
    shutil.copy(SOURCE / "input.yaml", collection / "agents.yaml")
    shutil.copy(SOURCE / "input.answers.yaml", collection / "answers.yaml")
    return collection


def change(collection: Path, number: int) -> None:
    """Another input that generates the same: a comment."""
    schema = collection / "agents.yaml"
    text = schema.read_text().partition("# chaos")[0]
    schema.write_text(f"{text}# chaos {number}\n")


def start(root: Path, collection: Path) -> subprocess.Popen[str]:
    """An extraction that has begun."""
    return subprocess.Popen(
        [str(COMMAND), "extract", str(collection)],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def published(root: Path) -> list[Path]:
    """Every folder under a final name."""
    output = root / "extractions"
    return sorted(p for p in output.iterdir() if not p.name.startswith(".")) if output.is_dir() else []


def torn(root: Path) -> list[str]:
    """Published folders that are not wholly as they were signed."""
    return [path.name for path in published(root) if not verify(path, Project(root)).ok]


def descendants(pid: int) -> dict[int, str]:
    """Every process that a process has started, by id, with the moment of its start: a later one may have its id."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append((int(entry.name), fields[19]))
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        for child, moment in parents.get(waiting.pop(), []):
            found[child] = moment
            waiting.append(child)
    return found


def alive(processes: dict[int, str]) -> list[int]:
    """Which of them still run; zombies wait for a parent that is not ours."""
    return [pid for pid, moment in processes.items() if (f := _stat(pid)) and f[19] == moment and f[0] not in "ZX"]


def temporary_folders(processes: dict[int, str]) -> set[Path]:
    """The temporary folders that the command lines of these processes name."""
    found: set[Path] = set()
    for pid in processes:
        try:
            found |= {Path(os.fsdecode(name)) for name in _FOLDER.findall(Path(f"/proc/{pid}/cmdline").read_bytes())}
        except OSError:
            continue
    return found


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
