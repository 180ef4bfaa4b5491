"""`l9 extract` and `l9 verify`."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l9stack.cli.arguments import existing_path, project_of
from l9stack.cli.printing import ProgressLine, print_json, table
from l9stack.errors import EXIT_INPUT, EXIT_OK, EXIT_USAGE
from l9stack.extraction.extract import extract as run
from l9stack.inputs import Inputs

if TYPE_CHECKING:
    from l9stack.extraction.results import ExtractionResult


def extract(arguments: argparse.Namespace) -> int:
    """Generate, prove and publish one collection, or many; the folder's path is the last line of standard output."""
    if bool(arguments.path) == bool(arguments.all):
        print("l9 extract: name collections, or a folder of them with --all", file=sys.stderr)
        return EXIT_USAGE
    if arguments.all or len(arguments.path) > 1:
        return _many(arguments)
    output = Path(arguments.output).resolve()
    inputs = Inputs.read(project_of(arguments), existing_path(arguments.path[0]), arguments.meta)
    done = run(inputs, output, ProgressLine(), jobs=arguments.jobs)
    if arguments.json:
        print_json(
            {
                "ok": True,
                "collection": done.collection,
                "folder": str(done.folder),
                "reused": done.reused,
                "tree_digest": done.tree_digest,
            }
        )
        return EXIT_OK
    if done.evidence is not None:
        tests = done.evidence.tests
        passed = tests.unit_passed + tests.regression_passed + tests.integration_passed
        failed = tests.unit_failed + tests.regression_failed + tests.integration_failed
        every = (*done.evidence.results, *(item for agent in done.evidence.agents for item in agent.results))
        # A gate that a feature flag has made advisory may not hold, and the extraction is published all the same.
        broken = sorted({result.gate for result in every if not result.passed})
        gates = f"published with gates that do not hold: {', '.join(broken)}" if broken else "all gates hold"
        print(
            f"{done.collection}: {gates}; {passed} tests with {tests.positive_checks + tests.negative_checks} checks "
            f"passed, {failed} failed; coverage of each agent at least {tests.coverage_percent:.1f} %; "
            f"tree {done.tree_digest[:12]}"
        )
    else:
        print(f"{done.collection}: nothing changed; tree {done.tree_digest[:12]}")
    print(done.folder)
    return EXIT_OK


def _many(arguments: argparse.Namespace) -> int:
    """Every collection, side by side; 1 where one of them failed, which is told at once and again at the end."""
    from l9stack.extraction.many import Batch, collections_in
    from l9stack.extraction.servers import cores

    progress, began = ProgressLine(), time.monotonic()
    paths = (
        collections_in(existing_path(arguments.all))
        if arguments.all
        else [existing_path(path) for path in arguments.path]
    )
    many = Batch(
        paths, Path(arguments.output).resolve(), project_of(arguments), arguments.meta, arguments.jobs or cores()
    )
    results: list[ExtractionResult] = []
    with contextlib.closing(many.results(progress)) as coming:  # an interruption here ends what runs there
        for result in coming:
            results.append(result)
            tests = f", {result.tests_passed} tests" if result.ok else ""
            progress(
                f"{len(results)} of {len(paths)}: {result.collection}: {result.result}{tests}, {result.seconds:.1f} s"
            )
            _tell(result)
    results.sort(key=lambda result: result.collection)
    failed = [result for result in results if not result.ok]
    seconds = round(time.monotonic() - began, 1)
    if arguments.json:
        print_json(
            {
                "ok": not failed,
                "seconds": seconds,
                "collections": [{"ok": result.ok, **_data(result)} for result in results],
            }
        )
        return EXIT_INPUT if failed else EXIT_OK
    rows = [
        (
            result.collection,
            str(result.agents),
            str(result.tests_passed),
            f"{result.coverage_percent:.1f} %",
            f"{result.seconds:.1f}",
            result.result,
        )
        for result in results
    ]
    print(table([("COLLECTION", "AGENTS", "TESTS", "COVERAGE", "SECONDS", "RESULT"), *rows]))
    for result in failed:
        _tell(result)
    print(f"{len(results) - len(failed)} of {len(results)} collections hold, in {seconds:.1f} s")
    return EXIT_INPUT if failed else EXIT_OK


def _tell(result: ExtractionResult) -> None:
    """The problems of a collection, each line of them under its name."""
    for mistake in result.problems:
        for line in str(mistake.problem).splitlines():
            print(f"{result.collection}: {line}", file=sys.stderr)


def _data(result: ExtractionResult) -> dict[str, Any]:
    data = result.model_dump(mode="json", exclude={"problems"})
    return data | {"problems": [mistake.problem.as_json() for mistake in result.problems]}


def verify(arguments: argparse.Namespace) -> int:
    """Check a folder against its signed evidence; 1 with each mismatch where it does not hold."""
    from l9stack.evidence.verify import verify as check

    found = check(existing_path(arguments.extraction), project_of(arguments))
    if arguments.json:
        print_json(found.model_dump(mode="json"))
        return 0 if found.ok else 1
    found.require()
    print(f"{arguments.extraction}: every file is as it was signed")
    return 0
