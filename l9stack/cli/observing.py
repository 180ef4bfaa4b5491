"""`l9 status`, `l9 health` and `l9 logs`: how the parts of a stack are, whatever runs it."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any

from l9stack.cli.arguments import DEFAULT_STACK, project_of, stack_name
from l9stack.cli.printing import ProgressLine, print_json, quantity, table
from l9stack.errors import EXIT_OK, EXIT_RUNTIME, ServiceError
from l9stack.printable import terminal
from l9stack.project import Project
from l9stack.running.part_status import PartStatus
from l9stack.running.stack import find_running

PAUSE_SECONDS = 0.5
"""Between two rounds of questions."""


def status(arguments: argparse.Namespace) -> int:
    """Every agent and backend of the stack, asked now; 6 where one is not healthy."""
    project, stack = project_of(arguments), stack_name(arguments)
    parts = find_running(project, stack).parts()
    if arguments.json:
        print_json({"stack": stack, **_data(parts)})
    elif not _of(parts, "agent"):
        print(f"stack {stack} has no agents running; `l9 up{_option(stack)}` deploys it")
    else:
        _print(parts)
    return EXIT_OK if _healthy(parts) else EXIT_RUNTIME


def health(arguments: argparse.Namespace) -> int:
    """How every part is, waited for with `--wait`; 6 where one is not healthy, with what to do next."""
    project, stack = project_of(arguments), stack_name(arguments)
    began = time.monotonic()
    deadline = began + (arguments.timeout if arguments.wait else 0)
    parts, trouble = _waited(project, stack, deadline, ProgressLine(quiet=arguments.json or not arguments.wait))
    if trouble is not None and not parts:
        raise trouble
    bad = [part for part in parts if not part.good]
    healthy, following = _healthy(parts), _next(bad, stack)
    if arguments.json:
        seconds = round(time.monotonic() - began, 1)
        missing = [part.name for part in bad]
        document = {"stack": stack, "healthy": healthy, "waited_seconds": seconds, "missing": missing}
        print_json(document | _data(parts) | {"next": None if healthy else following})
        return EXIT_OK if healthy else EXIT_RUNTIME
    _print(parts)
    if healthy:
        return EXIT_OK
    waited = f" after {quantity(arguments.timeout, 'second')}" if arguments.wait else ""
    word = "still starting" if bad and all(part.state == "starting" for part in bad) else "not healthy"
    print(f"\n{word}{waited}: {', '.join(part.name for part in bad) or 'no agent is deployed'}")
    for part in bad:
        if part.last_line:
            print(terminal(f"  last line of {part.name}: {part.last_line[:200]}"))
    print(f"next: {following}")
    return EXIT_RUNTIME


def _waited(
    project: Project, stack: str, deadline: float, progress: ProgressLine
) -> tuple[tuple[PartStatus, ...], ServiceError | None]:
    """Ask until all is well or the time is over; each change is told once.

    A failure to ask (an engine that restarts, a manifest that is not written yet) is waited for as well.
    """
    told: dict[str, str] = {}
    parts: tuple[PartStatus, ...] = ()
    while True:
        trouble = None
        try:
            parts = find_running(project, stack).parts()
            states = {part.name: part.health for part in parts}
        except ServiceError as error:
            trouble, states = error, {stack: str(error)}
        well = trouble is None and _healthy(parts)
        if told or not well:
            for name, state in states.items():
                if told.get(name) != state:
                    progress(terminal(f"{name}: {state}"))
        told = states
        if well or time.monotonic() >= deadline:
            return parts, trouble
        time.sleep(min(PAUSE_SECONDS, max(0.0, deadline - time.monotonic())))


def _next(bad: Sequence[PartStatus], stack: str) -> str:
    """The command that brings a person further, by what is at the bottom of it: a backend before its agents."""
    option = _option(stack)
    if bad and all(part.state == "starting" for part in bad):
        return f"l9 health --wait{option}"
    agents = [part for part in bad if part.kind == "agent"]
    gone = [part for part in bad if part.state in ("stopped", "missing")]
    if not bad or any(part.kind == "backend" or not part.last_line for part in gone):
        return f"l9 up{option}"
    failed = next((part for part in agents if part in gone or part.state == "unreachable"), None)
    return f"l9 logs {failed.name}{option}" if failed else f"l9 preview{option}"


def logs(arguments: argparse.Namespace) -> int:
    """The last lines of an agent's log, and what comes, with --follow."""
    project, stack = project_of(arguments), stack_name(arguments)
    found = find_running(project, stack).logs(arguments.agent, arguments.lines, arguments.follow and not arguments.json)
    if arguments.json:
        print_json([_parsed(line) for line in found])
        return EXIT_OK
    for line in found:
        print(line, flush=arguments.follow)
    return EXIT_OK


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return {"text": line}


def _healthy(parts: Sequence[PartStatus]) -> bool:
    return bool(_of(parts, "agent")) and all(part.good for part in parts)


def _of(parts: Sequence[PartStatus], kind: str) -> list[PartStatus]:
    return [part for part in parts if part.kind == kind]


def _data(parts: Sequence[PartStatus]) -> dict[str, list[dict[str, str]]]:
    return {
        f"{kind}s": [
            {
                "name": part.name,
                "endpoint": part.endpoint,
                "health": part.health,
                "state": part.state,
                "detail": part.detail,
                "last_line": part.last_line,
            }
            for part in _of(parts, kind)
        ]
        for kind in ("agent", "backend")
    }


def _print(parts: Sequence[PartStatus]) -> None:
    for kind in ("agent", "backend"):
        if found := _of(parts, kind):
            rows = [(part.name, part.endpoint, part.health) for part in found]
            print(table([(kind.upper(), "ENDPOINT", "HEALTH"), *rows]), end="\n\n" if kind == "agent" else "\n")


def _option(stack: str) -> str:
    return "" if stack == DEFAULT_STACK else f" --stack {stack}"
