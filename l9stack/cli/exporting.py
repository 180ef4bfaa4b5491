"""`l9 export compose`: a stack for whoever has Compose alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from l9stack.cli.arguments import project_of, stack_name
from l9stack.cli.printing import print_json, table
from l9stack.errors import EXIT_OK


def export(arguments: argparse.Namespace) -> int:
    """Write the folder, and say what to do in it."""
    from l9stack.infra.compose.export import export_compose

    project, stack = project_of(arguments), stack_name(arguments)
    folder = Path(arguments.output).resolve() if arguments.output else project.deployment(stack) / "compose"
    done = export_compose(project, stack, folder)
    if arguments.json:
        print_json({"folder": str(folder), "services": list(done.services), "endpoints": dict(done.endpoints)})
        return EXIT_OK
    print(table([("AGENT", "WILL ANSWER AT"), *done.endpoints.items()]))
    print(f"\nwritten: {folder}\nnext:\n  cd {folder} && docker compose up --detach --wait")
    return EXIT_OK
