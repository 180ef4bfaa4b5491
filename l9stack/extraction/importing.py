"""Modules that somebody else wrote: checked as text, kept beside the collection, and proven by an extraction.

Nothing of them is run before the static gates of that extraction hold. Where any gate does not, what was kept before is
put back; a run that is killed in between leaves modules that the next extraction has to prove all the same.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.extraction.extract import PublishedExtraction, extract
from l9stack.files import contained_path, files_below, write_file
from l9stack.inputs import Inputs
from l9stack.inputs.names import imported_folder
from l9stack.inputs.read import modules_below
from l9stack.model.collection import ImportedModule
from l9stack.planning.graph import Directory
from l9stack.planning.plan import make_plan
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.imported_modules import read_modules
from l9stack.reading.meta import read_meta

CODE = "code"
_OURS = ("docs", "tests", "manifests")
"""Folders of an extraction beside its code: they are printed from the plan, whoever wrote the modules."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The modules that were taken, where they are kept, and the extraction that proved them."""

    modules: tuple[ImportedModule, ...]
    kept: Path
    notes: tuple[Problem, ...]
    extraction: PublishedExtraction


def import_modules(
    path: Path, folder: Path, output: Path, project: Project, progress: Callable[[str], None], meta: str | None = None
) -> ImportResult:
    """Take the modules of `folder` into the collection at `path`, and publish an extraction with them.

    Raises:
        InputError: with every file that is no module of the schemas, or no Python; nothing is kept.
        GateError: with every gate that does not hold with them; nothing is kept.
    """
    before = Inputs.read(project, path, meta)
    collection, templates = read_collection(before), read_meta(before.contents.meta)
    modules, problems = _written(folder)
    together = {module.path: module for module in (*collection.imported, *modules)}
    try:
        make_plan(collection.model_copy(update={"imported": tuple(together.values())}), templates)
    except InputError as error:
        problems.extend(error.problems)
    if any(problem.level == "error" for problem in problems):
        raise InputError(problem for problem in problems if problem.level == "error")
    notes, kept = tuple(problems), _kept_in(before)
    with _kept(kept, {module.path: module.text.encode() for module in modules}):
        done = extract(Inputs.read(project, path, meta), output, progress)
    return ImportResult(modules, kept, notes, done)


def forget(project: Project, path: Path, name: str) -> Path:
    """Remove the imported module `agent.module` (without `.py`), and give its path.

    Raises:
        InputError: no such module was imported.
    """
    inputs = Inputs.read(project, path)
    collection, kept = read_collection(inputs), _kept_in(inputs)
    directory = Directory(collection.agents)
    names: dict[str, str] = {}
    for agent in collection.agents:
        for module in agent.generate_files:
            names[f"{agent.id}.{module.removesuffix('.py').replace('/', '.')}"] = f"{agent.root_path}/{module}"
    agent_name, _, rest = name.removesuffix(".py").replace("/", ".").partition(".")
    found = [f"{agent}.{rest}" for agent in directory.find(agent_name)]
    there = {module.path for module in collection.imported}
    file = next((names[each] for each in found if names.get(each) in there), None)
    if file is None:
        known = sorted(each for each, module in names.items() if module in there)
        near = difflib.get_close_matches(name, known, 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else f"imported are: {', '.join(known) or 'none'}"
        raise InputError([Problem("not-imported", f"{name} was not imported", Place(kept.name), hint)])
    removed = contained_path(kept, file)
    _remove(removed, kept)
    return removed


def _kept_in(inputs: Inputs) -> Path:
    return imported_folder(inputs.path, folder=inputs.contents.folder)


def _written(folder: Path) -> tuple[tuple[ImportedModule, ...], list[Problem]]:
    """The modules of a folder that is laid out as an extraction, or as its `code/`; problems, and notes beside them."""
    problems: list[Problem] = []
    whole = (folder / CODE).is_dir() and not (folder / CODE).is_symlink()
    below = modules_below(folder / CODE, CODE) if whole else modules_below(folder, folder.name)
    modules = read_modules(below, problems)
    beside = [path for path in files_below(folder) if whole and not path.startswith(f"{CODE}/")]
    for name in _OURS:
        if count := sum(path.startswith(f"{name}/") for path in beside):
            message = f"{name}/ is not taken ({count} files): what l9stack prints from the plan is used"
            problems.append(Problem("not-taken", message, Place(name), level="note"))
    for path in beside:
        if not path.startswith(tuple(f"{name}/" for name in _OURS)):
            problems.append(Problem("not-in-schema", "it is no module", Place(path), f"modules lie below {CODE}/"))
    if not modules and not any(problem.level == "error" for problem in problems):
        hint = "modules lie below their rootpaths, as in an extraction's code/"
        problems.append(Problem("no-modules", "no module is there", Place(str(folder)), hint))
    return modules, problems


@contextlib.contextmanager
def _kept(folder: Path, files: Mapping[str, bytes]) -> Iterator[None]:
    """Files below `folder` for good; where what follows fails, what was there before is put back."""
    targets = {contained_path(folder, path): data for path, data in files.items()}
    before = {file: file.read_bytes() if file.is_file() else None for file in targets}
    try:
        for file, data in targets.items():
            write_file(file, data)
        yield
    except BaseException:
        for file, old in before.items():
            if old is None:
                _remove(file, folder)
            else:
                write_file(file, old)
        raise


def _remove(file: Path, folder: Path) -> None:
    """Remove a file, and the folders up to `folder` that it leaves empty."""
    file.unlink(missing_ok=True)
    for parent in file.parents:
        if parent.is_dir() and any(parent.iterdir()):
            return
        with contextlib.suppress(FileNotFoundError):
            parent.rmdir()
        if parent == folder.resolve():
            return
