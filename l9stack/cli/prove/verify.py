"""`l9 verify`: an extraction against its signed evidence."""

from __future__ import annotations

from pathlib import Path

import click

from l9stack.cli.options import EXISTING, json_option, pass_project
from l9stack.cli.printing import print_json
from l9stack.project import Project


@click.command()
@click.argument("extraction", metavar="FOLDER", type=EXISTING)
@json_option
@pass_project
def verify(project: Project, extraction: Path, as_json: bool) -> int:
    """Check an extraction against its signed evidence, offline.

    FOLDER is that of an extraction. 1 with each mismatch where it does not hold.
    """
    from l9stack.evidence.verify import verify as check

    verification = check(extraction, project)
    if as_json:
        print_json(verification.model_dump(mode="json"))
        return 0 if verification.ok else 1
    verification.require()
    print(f"{extraction}: every file is as it was signed")
    return 0
