"""`l9 doctor`: what this machine has."""

from __future__ import annotations

import click

from l9stack.cli.options import json_option, pass_project
from l9stack.cli.printing import print_json, print_table
from l9stack.errors import EXIT_INPUT, EXIT_OK
from l9stack.project import Project

_MARKS = {"ok": "ok", "missing": "MISSING", "warning": "warning"}


@click.command()
@json_option
@pass_project
def doctor(project: Project, as_json: bool) -> int:
    """Tell what is there, what is missing, and how to get it.

    1 where something that is needed is missing.
    """
    from l9stack.doctor import diagnose

    checks = diagnose(project)
    missing = any(check.state == "missing" for check in checks)
    if as_json:
        print_json(
            {
                "ok": not missing,
                "checks": [
                    {"name": check.name, "state": check.state, "detail": check.detail, "remedy": check.remedy}
                    for check in checks
                ],
            }
        )
    else:
        print_table([(_MARKS[check.state], check.name, check.detail) for check in checks], header=False)
        for check in checks:
            if check.state != "ok" and check.remedy:
                print(f"  {check.name}: {check.remedy}")
    return EXIT_INPUT if missing else EXIT_OK
