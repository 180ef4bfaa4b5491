"""`l9 extract`: one collection, or many side by side."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from l9stack.cli.options import (
    EXISTING,
    POSITIVE,
    chosen_collection,
    collection_option,
    json_option,
    meta_option,
    output_option,
    pass_project,
)
from l9stack.cli.printing import print_json, print_table
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_INPUT, EXIT_OK
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.extraction.many import Batch
    from l9stack.extraction.results import ExtractionResult


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=EXISTING)
@collection_option
@click.option("--all", "folder", metavar="FOLDER", type=EXISTING, help="Every collection in a folder, side by side.")
@click.option("--jobs", type=POSITIVE, help="Test runs, or collections, at a time (default: one for each core).")
@output_option
@meta_option
@json_option
@pass_project
def extract(
    project: Project,
    *,
    paths: tuple[Path, ...],
    collection: Path | None,
    folder: Path | None,
    jobs: int | None,
    output: Path,
    meta: str | None,
    as_json: bool,
) -> int:
    """Generate, prove and publish extractions.

    PATH is a collection: a file or a folder (default: the project's own); several are extracted side by side. The
    folder's path is the last line of standard output.
    """
    from l9stack.extraction.extract import extract as run
    from l9stack.inputs import Inputs

    named = (*paths, *((collection,) if collection else ()))
    if named and folder:
        raise click.UsageError("name collections, or a folder of them with --all")
    if folder or len(named) > 1:
        from l9stack.extraction.many import Batch, collections_in
        from l9stack.extraction.servers import cores

        chosen = collections_in(folder) if folder else list(named)
        return _many(Batch(chosen, output.resolve(), project, meta, jobs or cores()), as_json=as_json)
    inputs = Inputs.read(project, named[0] if named else chosen_collection(project, None), meta)
    done = run(inputs, output.resolve(), ProgressLine(), jobs=jobs)
    if as_json:
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


def _many(batch: Batch, *, as_json: bool) -> int:
    """Every collection, side by side; 1 where one of them failed, which is told at once and again at the end."""
    progress, began = ProgressLine(), time.monotonic()
    results: list[ExtractionResult] = []
    with contextlib.closing(batch.results(progress)) as coming:  # an interruption here ends what runs there
        for result in coming:
            results.append(result)
            tests = f", {result.tests_passed} tests" if result.ok else ""
            message = f"{result.collection}: {result.result}{tests}, {result.seconds:.1f} s"
            progress(f"{len(results)} of {len(batch.paths)}: {message}", len(results), len(batch.paths))
            _tell(result)
    results.sort(key=lambda result: result.collection)
    failed = [result for result in results if not result.ok]
    seconds = round(time.monotonic() - began, 1)
    if as_json:
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
    print_table([("COLLECTION", "AGENTS", "TESTS", "COVERAGE", "SECONDS", "RESULT"), *rows])
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
