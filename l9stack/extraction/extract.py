"""The whole of an extraction: first `prepare`, then `prove_and_publish`; the same input gives the same folder.

Where a folder of these inputs is published and intact, neither is called.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from l9stack.inputs import Inputs
from l9stack.output.lock import collection_lock
from l9stack.output.view import View, find
from l9stack.progress import Progress

if TYPE_CHECKING:
    from l9stack.extraction.servers import GateServers
    from l9stack.model.evidence import BuildEvidence

MANIFEST = "extraction_manifest.json"


@dataclass(frozen=True, slots=True)
class PublishedExtraction:
    """A published extraction; `reused` says that it was there already, with every file intact."""

    folder: Path
    reused: bool
    tree_digest: str
    collection: str
    evidence: BuildEvidence | None


def extract(
    inputs: Inputs, output: Path, progress: Progress, *, jobs: int | None = None, grounds: GateServers | None = None
) -> PublishedExtraction:
    """Generate, prove and publish a collection, with `jobs` test runs at a time (default: one for each core).

    An edit of its files meanwhile changes nothing here: the next extraction takes it up.

    `grounds` are servers that somebody keeps for several collections; else they are started where they are needed.

    Raises:
        InputError: with every problem of the input.
        GateError: with every gate that does not hold; nothing is published, and the last good extraction stays.
        LockedError: another run has the collection.
        ServiceError: a server did not start.
    """
    now = datetime.now(UTC)
    name = inputs.name
    with collection_lock(inputs.project, name, "extract", now):
        found = find_published(inputs, output)
        if found is not None and found.edits().none:
            return reuse(found, name)
        if found is not None:
            progress(f"{found.path} was edited: it is left alone, and a new folder is made")
        # Imported here: a run whose extraction is known needs none of the stages.
        from l9stack.extraction.prepare import prepare
        from l9stack.extraction.prove import prove_and_publish
        from l9stack.extraction.servers import GateServers, cores

        with grounds or GateServers(inputs.project, progress, jobs or cores()) as ground:
            prepared = prepare(inputs, planned=ground.begin)
            view, evidence = prove_and_publish(prepared, output, progress, now, ground)
        return PublishedExtraction(view.path, view.reused, prepared.tree.digest, prepared.plan.collection, evidence)


def find_published(inputs: Inputs, output: Path) -> View | None:
    """The folder that was published from these inputs, also where it was edited since; None where there is none."""
    return find(output, inputs.name, inputs.digest)


def reuse(view: View, collection: str) -> PublishedExtraction:
    """A published folder whose files are as they were signed, as the extraction that it is."""
    manifest = json.loads((view.path / MANIFEST).read_text(encoding="utf-8"))
    return PublishedExtraction(view.path, True, str(manifest["tree_digest"]), collection, None)
