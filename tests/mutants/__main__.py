"""`python -m tests.mutants`: whether the generated tests see a slip in the generated code.

A sample of mutants of all families of modules is run against the tests that were generated beside them. Prints a table
and every survivor; 1 where fewer than 85 % are caught.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

from l9stack.errors import L9Error
from tests.mutants import table
from tests.mutants.population import collections, modules, sample
from tests.mutants.trial import Court, TrialError, Verdict, courts, try_all

COUNT, SEED, JOBS = 200, 20, 2


def main() -> int:
    """Measure and print; 1 below the goal, 2 where nothing could be measured."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - began:5.1f}s] {message}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="l9-mutants-") as project:
        rendered = collections(Path(project))
    population = [module for item in rendered for module in modules(item) if _wanted(arguments.only, module.family)]
    chosen = sample(population, arguments.count, arguments.seed)
    total = sum(len(module.mutants) for module in population)
    say(f"{len(chosen)} of {total} mutants of {len(population)} modules, seed {arguments.seed}")
    done = 0

    def tell(verdict: Verdict) -> None:
        nonlocal done
        done += 1
        if verdict.ending != "caught":
            say(f"{done}/{len(chosen)} {verdict.ending}: {verdict.module.path}:{verdict.mutant.line}")
        elif done % 20 == 0:
            say(f"{done}/{len(chosen)}")

    try:
        with courts(rendered, JOBS) as available:
            _control(available[0], [item.plan.collection for item in rendered])
            say("all generated tests hold as they are")
            verdicts = try_all(available, chosen, tell)
    except (TrialError, L9Error) as error:
        print(f"nothing was measured: {error}", file=sys.stderr)
        return 2
    print(f"seed {arguments.seed}, {time.monotonic() - began:.0f} s\n\n{table.table(verdicts)}")
    if told := table.survivors(verdicts):
        print(f"\nsurvivors:\n{told}")
    if arguments.json:
        document = json.dumps(table.data(verdicts, arguments.seed), indent=2, ensure_ascii=False)
        arguments.json.write_text(f"{document}\n", encoding="utf-8")
    return 0 if table.percent(verdicts) >= table.GOAL else 1


def _control(court: Court, names: list[str]) -> None:
    for name in names:
        court.control(name)


def _wanted(only: list[str] | None, family: str) -> bool:
    return not only or family in only


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="size of the sample (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="another one is another sample (default: %(default)s)")
    parser.add_argument("--only", metavar="FAMILY", action="append", help="only this family; may be given again")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the same as data, with every mutant")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
