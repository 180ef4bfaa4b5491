"""`l9 import`: modules that somebody else wrote, checked, proven by an extraction, and kept with the collection."""

from __future__ import annotations

from pathlib import Path

import click

from l9stack.cli.options import (
    EXISTING,
    chosen_collection,
    collection_option,
    json_option,
    meta_option,
    output_option,
    pass_project,
)
from l9stack.cli.printing import print_json, print_problems
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import InputError, Place, Problem
from l9stack.project import Project


@click.command()
@click.argument("folder", required=False, type=EXISTING)
@click.option("--remove", metavar="AGENT.MODULE", help="Forget an imported module: generate it again.")
@output_option
@collection_option
@meta_option
@json_option
@pass_project
def import_(
    project: Project,
    *,
    folder: Path | None,
    remove: str | None,
    output: Path,
    collection: Path | None,
    meta: str | None,
    as_json: bool,
) -> int:
    """Take modules that someone else wrote, and prove them by the same gates.

    FOLDER has modules below their rootpaths, as an extraction's code/ has them; or it holds code/. What passes is kept
    in `imported` beside the collection (NAME.imported for a single file) and is used by every extraction from then on;
    to take it back, use --remove, or delete it there. An operation that nobody has bound stays unbound.
    """
    from l9stack.extraction.importing import import_modules

    path = chosen_collection(project, collection)
    if remove is not None and folder is None:
        return _forget(project, path, remove, as_json=as_json)
    if folder is None or remove is not None:
        raise click.UsageError("name a FOLDER of modules, or a module to --remove")
    if not folder.is_dir():
        raise InputError([Problem("no-folder", f"{folder} is no folder", Place(str(folder)))])
    done = import_modules(path, folder, output.resolve(), project, ProgressLine(), meta)
    if as_json:
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


def _forget(project: Project, path: Path, module: str, *, as_json: bool) -> int:
    from l9stack.extraction.importing import forget

    removed = forget(project, path, module)
    if as_json:
        print_json({"ok": True, "removed": str(removed)})
    else:
        print(f"{removed}: removed; `l9 extract` and `l9 up` generate the module again")
    return 0
