"""`l9 health`: how every part is, waited for until all is well."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from l9stack.cli.options import POSITIVE, json_option, pass_stack_project, stack_name, stack_option, stack_words
from l9stack.cli.printing import print_json, quantity
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_OK, EXIT_RUNTIME, L9Error, NotDeployedError, ServiceError
from l9stack.printable import terminal
from l9stack.project import Project
from l9stack.running.part_status import PartStatus

PAUSE_SECONDS = 0.5
"""Between two rounds of questions."""


@click.command()
@stack_option
@click.option("--wait", is_flag=True, help="Wait until everything is healthy, or the time is over.")
@click.option("--timeout", type=POSITIVE, default=120, metavar="SECONDS", show_default=True, help="How long to wait.")
@json_option
@pass_stack_project
def health(project: Project, stack: str | None, wait: bool, timeout: int, as_json: bool) -> int:
    """How every part is; with --wait, until all is well.

    6 where one is not healthy, with what to do next; 1 where nothing is deployed.
    """
    from l9stack.cli.operate.parts import healthy, parts_data, print_parts

    name = stack_name(stack)
    began = time.monotonic()
    deadline = began + (timeout if wait else 0)
    parts, trouble = _waited(project, name, deadline, ProgressLine(quiet=as_json or not wait))
    if trouble is not None and not parts:
        raise trouble
    bad = [part for part in parts if not part.good]
    well, following = healthy(parts), _next(bad, name)
    if as_json:
        seconds = round(time.monotonic() - began, 1)
        missing = [part.name for part in bad]
        document = {"stack": name, "healthy": well, "waited_seconds": seconds, "missing": missing}
        print_json(document | parts_data(parts) | {"next": None if well else following})
        return EXIT_OK if well else EXIT_RUNTIME
    print_parts(parts)
    if well:
        return EXIT_OK
    waited = f" after {quantity(timeout, 'second')}" if wait else ""
    word = "still starting" if bad and all(part.state == "starting" for part in bad) else "not healthy"
    print(f"\n{word}{waited}: {', '.join(part.name for part in bad) or 'no agent is deployed'}")
    for part in bad:
        if part.last_line:
            print(terminal(f"  last line of {part.name}: {part.last_line[:200]}"))
    print(f"next: {following}")
    return EXIT_RUNTIME


def _waited(
    project: Project, stack: str, deadline: float, progress: ProgressLine
) -> tuple[tuple[PartStatus, ...], L9Error | None]:
    """Ask until all is well or the time is over; each change is told once.

    A failure to ask (an engine that restarts, a manifest that is not written yet) is waited for as well.
    """
    from l9stack.cli.operate.parts import healthy
    from l9stack.running.stack import find_running

    told: dict[str, str] = {}
    parts: tuple[PartStatus, ...] = ()
    while True:
        trouble: L9Error | None = None
        try:
            parts = find_running(project, stack).parts()
            states = {part.name: part.health for part in parts}
        except (ServiceError, NotDeployedError) as error:
            trouble, states = error, {stack: str(error)}
        well = trouble is None and healthy(parts)
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
    option = stack_words(stack)
    if bad and all(part.state == "starting" for part in bad):
        return f"l9 health --wait{option}"
    agents = [part for part in bad if part.kind == "agent"]
    gone = [part for part in bad if part.state in ("stopped", "missing")]
    if not bad or any(part.kind == "backend" or not part.last_line for part in gone):
        return f"l9 up{option}"
    failed = next((part for part in agents if part in gone or part.state == "unreachable"), None)
    return f"l9 logs {failed.name}{option}" if failed else f"l9 preview{option}"
