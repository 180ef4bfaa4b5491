"""The second half of an extraction: what `prepare.py` returned is measured, signed and published; or one agent is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from l9stack.evidence import extraction_manifest, report, signing
from l9stack.evidence.keys import signing_key
from l9stack.evidence.records import Records
from l9stack.extraction import measurement
from l9stack.extraction.prepare import PreparedCollection
from l9stack.extraction.published_view import COLLECTION, CONFIG, PublishedView, publish_pointer
from l9stack.extraction.servers import GateServers
from l9stack.gates import evaluation
from l9stack.model.artifact import Artifact
from l9stack.model.evidence import AgentEvidence, BuildEvidence
from l9stack.names import AgentId
from l9stack.output.store import Store
from l9stack.output.view import View, assemble
from l9stack.progress import Progress


def prove_and_publish(
    prepared: PreparedCollection, output: Path, progress: Progress, now: datetime, grounds: GateServers
) -> tuple[View, BuildEvidence]:
    """Prove and publish what was prepared.

    Raises:
        GateError: with every gate that does not hold; nothing is published, and what agents proved is kept.
    """
    plan, tree, project = prepared.plan, prepared.tree, prepared.project
    progress(f"{plan.collection}: {len(plan.agents)} agents, {len(tree.artifacts)} files rendered")
    prepared.stored()
    agents = [agent.id for agent in plan.agents]
    measured = measurement.measure(prepared, agents, output, progress, grounds, integration=True)
    measurement.require(prepared, measured, now)
    evidence = measurement.evidence_of(prepared, measured, agents, now)
    measurement.keep(prepared, evidence)
    Records(project).save_build(evidence)
    view = _publish(prepared, evidence, output, now)
    return view, evidence


def _publish(prepared: PreparedCollection, evidence: BuildEvidence, output: Path, now: datetime) -> View:
    plan, tree, project = prepared.plan, prepared.tree, prepared.project
    key = signing_key(project)
    extra = {report.NAME: report.report(evidence, plan, prepared.inputs.collection, key.key_id)}
    manifest = extraction_manifest.extraction_manifest(evidence, plan, tree, extra, key.key_id)
    extra[extraction_manifest.NAME] = extraction_manifest.manifest_text(manifest)
    made = [Artifact(path=path, text=text) for path, text in extra.items()]
    digests = {artifact.path: artifact.sha256 for artifact in (*tree.artifacts, *made)}
    extra[signing.NAME] = signing.sign(evidence, digests, prepared.inputs.materials, key)
    view = assemble(output, tree, extra, now, key=prepared.inputs.digest)
    store = Store(project)
    shown = store.put(Artifact(path=path, text=text) for path, text in extra.items())
    owners = {artifact.path: str(artifact.agent or COLLECTION) for artifact in tree.artifacts}
    owners |= dict.fromkeys(extra, COLLECTION) | {f"{plan.collection}_config.yaml": CONFIG}
    publish_pointer(
        project,
        PublishedView(
            collection=plan.collection,
            folder=str(view.path),
            input_digest=prepared.inputs.digest,
            tree_digest=tree.digest,
            files=view.files,
            owners=owners,
            parts=(*prepared.digests().values(), shown),
        ),
    )
    return view


def gate_agent(prepared: PreparedCollection, agent: AgentId, progress: Progress) -> AgentEvidence:
    """The gates of one agent; known results are reused. Returns what was measured, also where a test gate did not hold.

    Raises:
        GateError: a static gate did not hold, so that no test was run.
    """
    if known := Records(prepared.project).agent(measurement.record_key(prepared, agent)):
        return known.model_copy(update={"carried_over": True})
    with GateServers(prepared.project, progress, jobs=1) as grounds:
        measured = measurement.measure(prepared, [agent], prepared.project.root, progress, grounds, integration=False)
    if agent not in measured.run.per_agent:
        evaluation.require(prepared.plan, measured.results, measured.run.failures)
    evidence = measurement.evidence_of(prepared, measured, [agent], datetime.now(UTC))
    measurement.keep(prepared, evidence)
    return evidence.agents[0]
