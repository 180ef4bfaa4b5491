"""`l9 import`: modules that somebody else wrote, checked, proven by an extraction, and kept with the collection."""

from __future__ import annotations

import argparse
from pathlib import Path

from l9stack.cli.arguments import collection_of, existing_path, project_of
from l9stack.cli.printing import ProgressLine, print_json, print_problems
from l9stack.errors import InputError, Place, Problem
from l9stack.extraction.importing import forget, import_modules
from l9stack.project import Project


def import_(arguments: argparse.Namespace) -> int:
    """Import a folder, or forget a module; the extraction's path is the last line of standard output."""
    project = project_of(arguments)
    path = collection_of(arguments, project)
    if arguments.remove is not None:
        return _forget(arguments, project, path)
    folder = existing_path(arguments.folder)
    if not folder.is_dir():
        raise InputError([Problem("no-folder", f"{arguments.folder} is no folder", Place(arguments.folder))])
    done = import_modules(path, folder, Path(arguments.output).resolve(), project, ProgressLine(), arguments.meta)
    if arguments.json:
        print_json(
            {
                "ok": True,
                "collection": done.extraction.collection,
                "modules": [module.path for module in done.modules],
                "kept": str(done.kept),
                "notes": [note.as_json() for note in done.notes],
                "folder": str(done.extraction.folder),
                "tree_digest": done.extraction.tree_digest,
            }
        )
        return 0
    print_problems(done.notes)
    for module in done.modules:
        print(f"{module.path}: imported, in place of the generated module")
    print(f"all gates hold; imported modules are kept in {done.kept}")
    print("to take one back: l9 import --remove AGENT.MODULE, or delete it there")
    print(done.extraction.folder)
    return 0


def _forget(arguments: argparse.Namespace, project: Project, path: Path) -> int:
    removed = forget(project, path, arguments.remove)
    if arguments.json:
        print_json({"ok": True, "removed": str(removed)})
    else:
        print(f"{removed}: removed; `l9 extract` and `l9 up` generate the module again")
    return 0
