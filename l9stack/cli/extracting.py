"""`l9 extract` and `l9 verify`."""

from __future__ import annotations

import argparse
from pathlib import Path

from l9stack.cli.printing import Progress, print_json
from l9stack.cli.target import project_of, readable
from l9stack.extraction.extract import extract as run


def extract(arguments: argparse.Namespace) -> int:
    """Generate, prove and publish; the folder's path is the last line of standard output."""
    done = run(
        readable(arguments.path), Path(arguments.output).resolve(), project_of(arguments), Progress(), arguments.meta
    )
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
        return 0
    if done.evidence is not None:
        tests = done.evidence.tests
        passed = tests.unit_passed + tests.regression_passed + tests.integration_passed
        failed = tests.unit_failed + tests.regression_failed + tests.integration_failed
        print(
            f"{done.collection}: all gates hold; {passed} tests passed, {failed} failed; coverage of each agent at "
            f"least {tests.coverage_percent:.1f} %; tree {done.tree_digest[:12]}"
        )
    else:
        print(f"{done.collection}: nothing changed; tree {done.tree_digest[:12]}")
    print(done.folder)
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Check a folder against its signed evidence; 1 with each mismatch where it does not hold."""
    from l9stack.evidence.verify import verify as check

    found = check(readable(arguments.extraction), project_of(arguments))
    if arguments.json:
        print_json(found.model_dump(mode="json"))
        return 0 if found.ok else 1
    found.require()
    print(f"{arguments.extraction}: every file is as it was signed")
    return 0
