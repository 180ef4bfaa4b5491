"""`l9 doctor`, `l9 engine` and `l9 env`: what this machine has, and the environment for plain `pulumi`."""

from __future__ import annotations

import argparse
import shlex

from l9stack import engine
from l9stack.cli.arguments import DEFAULT_STACK, project_of
from l9stack.cli.printing import ProgressLine, print_json, table
from l9stack.doctor import diagnose
from l9stack.engine.drive import StackEngine

_MARKS = {"ok": "ok", "missing": "MISSING", "warning": "warning"}


def doctor(arguments: argparse.Namespace) -> int:
    """One line a check, with what to do about each that is not ok; 1 where something needed is missing."""
    checks = diagnose(project_of(arguments))
    missing = any(check.state == "missing" for check in checks)
    if arguments.json:
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
        print(table([(_MARKS[check.state], check.name, check.detail) for check in checks]))
        for check in checks:
            if check.state != "ok" and check.remedy:
                print(f"  {check.name}: {check.remedy}")
    return 1 if missing else 0


def env(arguments: argparse.Namespace) -> int:
    """Shell lines that make plain `pulumi` use this project's engine, state and environment.

    The default stack is made and selected where the project has none: plain `pulumi up` would ask for it.
    """
    project, progress = project_of(arguments), ProgressLine()
    environment = engine.environment(project, progress)
    if (project.root / "Pulumi.yaml").is_file():
        driven = StackEngine(project, DEFAULT_STACK, progress)
        if not driven.stacks():
            driven.ensure_stack(select=True)
    if arguments.json:
        print_json(environment)
    else:
        for name, value in environment.items():
            print(f"export {name}={shlex.quote(value)}")
    return 0


def obtain(arguments: argparse.Namespace) -> int:
    """Obtain the engine where it is missing, and say where it lies."""
    found = engine.obtain(ProgressLine(quiet=arguments.quiet))
    if arguments.json:
        print_json({"pulumi": str(found.pulumi), "version": found.version, "source": found.source})
    else:
        print(f"{found.pulumi} ({found.version}, {found.source})")
    return 0
