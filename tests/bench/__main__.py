"""`python -m tests.bench`: measure, print one table, leave nothing behind."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from l9stack.errors import L9Error
from tests.bench import calls, collections, containers, deployment, extraction, generators, memory, rendering, scratch
from tests.bench.clock import Clock
from tests.bench.figures import Figure
from tests.bench.scratch import UnmeasuredError
from tests.bench.table import machine, machine_line, table
from tests.bench.workshop import Workshop
from tests.e2e.images import FailedError, MissingError

Group = Callable[[Workshop], Iterator[Figure]]
GROUPS: Mapping[str, tuple[Group, str]] = {
    "help": (extraction.help_text, "start of `l9 --help`"),
    "render": (rendering.rendering, "planning and rendering 10, 100 and 1,000 agents"),
    "extract": (extraction.cold, "extraction of the example with all gates, cold store"),
    "parallel": (collections.parallel, "extraction beside the same with one job"),
    "again": (extraction.again, "extraction where nothing changed"),
    "up": (deployment.deployment, "up and preview beside as many empty resources on the bare engine"),
    "memory": (memory.memory, "memory of agents and servers"),
    "calls": (calls.calls, "latency and throughput of one operation"),
    "docker": (
        containers.containers,
        "up of five agents on Docker beside the same containers by Docker's command line",
    ),
    "generators": (generators.generators, "seconds a file beside copier and openapi-python-client"),
    "many": (collections.many, "100 collections of five agents with all gates; twenty minutes and more"),
}
"""In the order in which they run: later ones use what earlier ones made."""
ASKED_FOR = frozenset({"generators", "many"})
"""Groups that run only where they are named: the one downloads, the other takes long."""
SECONDS = 420


def main() -> int:
    """Run the groups that were asked for; 1 where one failed. What this machine has nothing for is skipped."""
    arguments = _arguments()
    if arguments.list:
        for name, (_, summary) in GROUPS.items():
            print(f"{name:8} {summary}")
        return 0
    wanted = [name for name in GROUPS if name in (arguments.only or GROUPS.keys() - ASKED_FOR)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell starts what it puts into the background with this one ignored, and so would be all that we start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    clock = Clock(arguments.seconds)
    before = machine()

    def say(message: str) -> None:
        print(f"[{clock.elapsed:5.1f}s] {message}", file=sys.stderr, flush=True)

    figures: list[Figure] = []
    failed: dict[str, str] = {}
    skipped: dict[str, str] = {}
    with scratch.folder() as base:
        shop = Workshop(base, clock, say)
        try:
            for name in wanted:
                say(f"{name}: {GROUPS[name][1]}")
                try:
                    figures += list(GROUPS[name][0](shop))
                except MissingError as error:
                    skipped[name] = str(error)
                    say(f"{name} is skipped: {error}")
                except (UnmeasuredError, FailedError, L9Error, OSError) as error:
                    failed[name] = str(error)
                    say(f"{name} could not be measured: {error}")
        finally:
            say("taking everything down")
            shop.close()
    print(f"{machine_line(before)}; {clock.elapsed:.0f} s in all\n")
    print(table(figures))
    for name, reason in skipped.items():
        print(f"\nskipped: {name}: {reason}")
    for name, reason in failed.items():
        print(f"\nnot measured: {name}: {reason}")
    if arguments.json:
        document = {
            "machine": before,
            "figures": [figure.data() for figure in figures],
            "failed": failed,
            "skipped": skipped,
        }
        arguments.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", metavar="NAME,…", type=_names, help="only these groups")
    parser.add_argument("--list", action="store_true", help="list the groups")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the same as data")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="after so many, nothing is repeated (default: %(default)s)"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in GROUPS]:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; known: {', '.join(GROUPS)}")
    return names


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
