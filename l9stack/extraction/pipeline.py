"""From what was prepared to a published, signed extraction; and the gates of a single agent."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from l9stack import __version__
from l9stack.evidence import extraction_manifest, report, signing
from l9stack.evidence.keys import signing_key
from l9stack.evidence.records import Records, agent_key, build_evidence
from l9stack.extraction.gating import import_paths, pings, servers
from l9stack.extraction.prepare import Prepared
from l9stack.extraction.views import COLLECTION, CONFIG, Published, publish_pointer
from l9stack.gates import baseline, judge
from l9stack.gates.outcomes import TestRun
from l9stack.gates.static import static_checks
from l9stack.gates.tests_run import run_tests
from l9stack.gates.todo import todo_plan
from l9stack.model.artifact import Artifact
from l9stack.model.evidence import AgentEvidence, BuildEvidence, GateResult, ServerVersion
from l9stack.names import AgentId
from l9stack.output.store import Store
from l9stack.output.view import View, assemble, write_tree
from l9stack.sources import package_digest

Progress = Callable[[str], None]
GENERATOR = f"l9stack {__version__}"


@dataclass(frozen=True, slots=True)
class _Measured:
    """One run's results; agents whose known results are carried over are in `carried`."""

    results: tuple[GateResult, ...]
    run: TestRun
    servers: tuple[ServerVersion, ...]
    carried: dict[AgentId, AgentEvidence]


def run(prepared: Prepared, output: Path, progress: Progress, now: datetime) -> tuple[View, BuildEvidence]:
    """Prove and publish what was prepared; raises GateError with every gate that does not hold."""
    plan, tree, project = prepared.plan, prepared.tree, prepared.project
    progress(f"{plan.collection}: {len(plan.agents)} agents, {len(tree.artifacts)} files rendered")
    prepared.stored()
    measured = _measure(prepared, [agent.id for agent in plan.agents], output, progress, integration=True)
    judge.require(plan, measured.results, measured.run.failures)
    records = Records(project)
    evidence = build_evidence(
        plan,
        tree,
        measured.results,
        measured.run.per_agent,
        measured.run.collection,
        input_digest=prepared.input_digest,
        generator=GENERATOR,
        run_id=uuid.uuid4().hex[:12],
        now=now,
        servers=measured.servers,
        todo=todo_plan(plan, tree),
        carried=measured.carried,
    )
    for agent in evidence.agents:
        records.save_agent(_key(prepared, agent.agent), agent)
    records.save_build(evidence)
    view = _publish(prepared, evidence, output, now)
    return view, evidence


def _publish(prepared: Prepared, evidence: BuildEvidence, output: Path, now: datetime) -> View:
    plan, tree, project = prepared.plan, prepared.tree, prepared.project
    key = signing_key(project)
    sources = prepared.collection.sources
    extra = {report.NAME: report.report(evidence, plan, sources, key.key_id)}
    manifest = extraction_manifest.extraction_manifest(evidence, plan, tree, extra, key.key_id)
    extra[extraction_manifest.NAME] = extraction_manifest.manifest_text(manifest)
    made = [Artifact(path=path, text=text) for path, text in extra.items()]
    digests = {artifact.path: artifact.sha256 for artifact in (*tree.artifacts, *made)}
    extra[signing.NAME] = signing.sign(evidence, digests, sources, key)
    view = assemble(output, tree, extra, now, key=prepared.input_digest)
    store = Store(project)
    shown = store.put(Artifact(path=path, text=text) for path, text in extra.items())
    owners = {artifact.path: str(artifact.agent or COLLECTION) for artifact in tree.artifacts}
    owners |= dict.fromkeys(extra, COLLECTION) | {f"{plan.collection}_config.yaml": CONFIG}
    publish_pointer(
        project,
        Published(
            collection=plan.collection,
            folder=str(view.path),
            input_digest=prepared.input_digest,
            tree_digest=tree.digest,
            files=view.files,
            owners=owners,
            parts=(*prepared.digests().values(), shown),
        ),
    )
    return view


def gate_agent(prepared: Prepared, agent: AgentId, progress: Progress) -> AgentEvidence:
    """The gates of one agent; known results are reused. Returns what was measured, also where a gate did not hold."""
    records = Records(prepared.project)
    if known := records.agent(_key(prepared, agent)):
        return known.model_copy(update={"carried_over": True})
    measured = _measure(prepared, [agent], prepared.project.root, progress, integration=False)
    evidence = build_evidence(
        prepared.plan.model_copy(update={"agents": (prepared.plan.agent(agent),)}),
        prepared.tree,
        [result for result in measured.results if result.agent == agent],
        measured.run.per_agent,
        measured.run.collection,
        input_digest=prepared.input_digest,
        generator=GENERATOR,
        run_id=uuid.uuid4().hex[:12],
        now=datetime.now(UTC),
        servers=measured.servers,
    )
    records.save_agent(_key(prepared, agent), evidence.agents[0])
    return evidence.agents[0]


def _key(prepared: Prepared, agent: AgentId) -> str:
    others = [f"{name} {digest}" for name, digest in prepared.own_code.items()]
    return agent_key(prepared.plan, prepared.tree, agent, GENERATOR, [*others, package_digest()])


def _measure(
    prepared: Prepared, agents: Sequence[AgentId], output: Path, progress: Progress, *, integration: bool
) -> _Measured:
    """Static checks and, beside the servers' start, the generated tests of the agents whose results are not known."""
    plan, tree = prepared.plan, prepared.tree
    records = Records(prepared.project)
    carried = {agent: found for agent in agents if (found := records.agent(_key(prepared, agent)))}
    fresh = [agent for agent in agents if agent not in carried]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="l9-gates-")))
        write_tree(tree, folder)
        with ThreadPoolExecutor(1) as pool:
            checks = pool.submit(static_checks, plan, tree, folder)
            backends = stack.enter_context(servers(prepared.project, progress))
            static = checks.result()
        judge.require(plan, [result for result in static if result.agent is None or result.agent in agents])
        online, versions = baseline.baseline(plan, output, pings(backends))
        judge.require(plan, online)
        progress(
            f"running the generated tests of {len(fresh)} agents" + (", and between agents" if integration else "")
        )
        run = run_tests(
            plan,
            folder,
            fresh,
            backends.environ(),
            integration=integration,
            progress=progress,
            import_paths=import_paths(prepared.implementations),
        )
    results = (*static, *online, *judge.validation_results(plan, run))
    return _Measured(results, run, versions, carried)
