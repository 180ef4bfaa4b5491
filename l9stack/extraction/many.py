"""Many collections in one call: side by side, on one set of servers, each in a namespace and a process of its own."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.extraction.extract import find_published, reuse
from l9stack.extraction.results import ExtractionResult, failure, success
from l9stack.inputs import Inputs
from l9stack.inputs.names import collection_files, collection_name
from l9stack.local.fork_server import ForkServer
from l9stack.local.processes import tail
from l9stack.local.scratch import scratch_folder
from l9stack.local.temporary import SharedServers, shared_servers
from l9stack.progress import Progress
from l9stack.project import Project

_SUFFIXES = frozenset({".yaml", ".yml", ".md"})
_BESIDE = (".glue", ".answers")
_RESULT = "result.json"
_LIMIT = 3600.0
"""Seconds after which one collection is given up: each of its test runs has a limit of its own far below."""


def collections_in(folder: Path) -> list[Path]:
    """Each sub-folder and schema file of a folder that may be a collection, by name.

    Glue and answers beside a schema file belong to it; a README, and what is hidden, is none.

    Raises:
        InputError: there is none.
    """
    found = [path for path in sorted(folder.iterdir()) if _may_be_collection(path)]
    if not found:
        message = f"{folder} holds no collection"
        raise InputError([Problem("no-collections", message, Place(str(folder)), "one folder or schema file for each")])
    return found


def _may_be_collection(path: Path) -> bool:
    if path.name.startswith(".") or path.stem.lower() == "readme":
        return False
    if path.is_dir():
        return bool(collection_files(path))
    return path.suffix.lower() in _SUFFIXES and not path.stem.endswith(_BESIDE)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be extracted, and where to; `jobs` collections are worked at side by side."""

    paths: Sequence[Path]
    output: Path
    project: Project
    meta: str | None
    jobs: int

    def results(self, progress: Progress) -> Generator[ExtractionResult, None, None]:
        """Each collection's result as it ends; one that fails keeps none of the others from being extracted.

        Raises:
            InputError: two collections have one name, so that their extractions would be one.
            ServiceError: a server did not start.
        """
        self._distinct()
        new = []
        for path in self.paths:
            began = time.monotonic()
            inputs = Inputs.read(self.project, path, self.meta)
            view = find_published(inputs, self.output)
            if view is not None and view.edits().none:
                done = reuse(view, inputs.name)
                yield success(path, self.project, done, time.monotonic() - began)
            else:
                new.append(path)
        if new:
            yield from self._extracted(new, progress)

    def _distinct(self) -> None:
        first: dict[str, Path] = {}
        problems = []
        for path in self.paths:
            other = first.setdefault(collection_name(path), path)
            if other != path:
                message = f"{path} and {other} are both the collection {collection_name(path)}"
                problems.append(Problem("collection-twice", message, Place(str(path)), "rename one of them"))
        if problems:
            raise InputError(problems)

    def _extracted(self, paths: Sequence[Path], progress: Progress) -> Generator[ExtractionResult, None, None]:
        side_by_side = min(self.jobs, len(paths))
        progress(f"starting servers for {len(paths)} collections, {side_by_side} at a time")
        with (
            scratch_folder("l9-many-") as scratch,
            ForkServer("l9stack.extraction.worker", scratch / "warm.log", os.environ) as parent,
            shared_servers() as servers,
            ThreadPoolExecutor(side_by_side, "l9-collection") as pool,
        ):
            runner = _Runner(self, scratch, parent, servers, max(1, self.jobs // side_by_side))
            try:
                waiting = [pool.submit(runner.run, number, path) for number, path in enumerate(paths)]
                for future in as_completed(waiting):
                    yield future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                parent.close()  # ends what is being extracted, so that nobody waits for it
                raise


@dataclass(frozen=True, slots=True)
class _Runner:
    """Extracts one collection at a time for each thread that asks."""

    many: Batch
    scratch: Path
    parent: ForkServer
    servers: SharedServers
    jobs: int

    def run(self, number: int, path: Path) -> ExtractionResult:
        """Extract a collection in a process of its own; one that dies is a failure of its collection alone."""
        began = time.monotonic()
        own = Path(tempfile.mkdtemp(prefix=f"{number}-", dir=self.scratch))
        (own / "tmp").mkdir()
        code = self.parent.run(self._order(number, path, own), _LIMIT)
        result = own / _RESULT
        if result.is_file():
            return ExtractionResult.model_validate_json(result.read_bytes())
        problem = Problem(
            "extraction-died",
            f"the process ended with {code}: {tail(own / 'log', 3).strip() or 'no message'}",
            Place(str(path)),
            "extract this collection alone to see the whole message",
        )
        return failure(path, InputError([problem]), time.monotonic() - began)

    def _order(self, number: int, path: Path, own: Path) -> dict[str, object]:
        return {
            "log": str(own / "log"),
            "path": str(path),
            "output": str(self.many.output),
            "project": str(self.many.project.root),
            "meta": self.many.meta,
            "jobs": self.jobs,
            "folder": self.servers.folder,
            "ports": self.servers.ports,
            "namespace": f"{number}_{collection_name(path)}",
            "scratch": str(own / "tmp"),
            "result": str(own / _RESULT),
        }
