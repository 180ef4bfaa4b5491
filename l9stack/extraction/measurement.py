"""The measurements of one run: static checks, servers that answer, and the generated tests."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from l9stack import __version__
from l9stack.agent.backends import BackendUrls
from l9stack.errors import GateError
from l9stack.evidence.records import Provenance, Records, RunResults, agent_key, build_evidence
from l9stack.extraction.packages import install
from l9stack.extraction.prepare import PreparedCollection
from l9stack.extraction.servers import GateServers
from l9stack.gates import baseline, evaluation
from l9stack.gates.baseline import Ping
from l9stack.gates.locked_plan import locked_plan
from l9stack.gates.outcomes import TestRun
from l9stack.gates.static import static_checks
from l9stack.gates.tests_run import run_tests
from l9stack.inputs.generator import package_digest
from l9stack.local import probes
from l9stack.model.evidence import AgentEvidence, BuildEvidence, GateResult, ServerVersion
from l9stack.names import AgentId
from l9stack.output.view import write_tree
from l9stack.progress import Progress

GENERATOR = f"l9stack {__version__}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run's results; agents whose known results are carried over are in `carried`."""

    results: tuple[GateResult, ...]
    run: TestRun
    servers: tuple[ServerVersion, ...]
    carried: dict[AgentId, AgentEvidence]


def measure(
    prepared: PreparedCollection,
    agents: Sequence[AgentId],
    output: Path,
    progress: Progress,
    grounds: GateServers,
    *,
    integration: bool,
) -> Measurement:
    """Static checks, and the generated tests of those of `agents` whose results are not known.

    An agent whose static gates do not hold is not run, nor are those that depend on it hard; all others are.

    Raises:
        GateError: a gate of the collection as a whole does not hold, so that nothing can be run.
    """
    plan, tree = prepared.plan, prepared.tree
    records = Records(prepared.project)
    carried = {agent: found for agent in agents if (found := records.agent(record_key(prepared, agent)))}
    fresh = [agent for agent in agents if agent not in carried]
    grounds.begin()
    with TemporaryDirectory(prefix="l9-gates-", dir=grounds.scratch) as name:
        folder = Path(name)
        write_tree(tree, folder)
        static = static_checks(plan, tree, folder)
        ready = grounds.ready()
        online, versions = baseline.baseline(plan, output, pings(ready.backends))
        shared = [item for item in static if item.agent is None]
        evaluation.require(plan, (*shared, *online))
        progress(
            f"running the generated tests of {len(fresh)} agents" + (", and between agents" if integration else "")
        )
        run = run_tests(
            plan,
            folder,
            fresh,
            ready.backends.environ(),
            integration=integration,
            progress=progress,
            import_paths=import_paths(prepared),
            jobs=grounds.jobs,
            parent=ready.parent,
            scratch=grounds.scratch,
            stopped=evaluation.stop_reasons(plan, static),
        )
    own = [item for item in static if item.agent is None or item.agent in agents]
    return Measurement((*own, *online, *evaluation.validation_results(plan, run)), run, versions, carried)


def evidence_of(
    prepared: PreparedCollection, measured: Measurement, agents: Iterable[AgentId], now: datetime
) -> BuildEvidence:
    """The evidence of these agents, each of which was measured or is carried over."""
    plan, chosen = prepared.plan, set(agents)
    return build_evidence(
        plan.model_copy(update={"agents": tuple(agent for agent in plan.agents if agent.id in chosen)}),
        prepared.tree,
        RunResults(
            gates=measured.results,
            tests=measured.run.per_agent,
            collection_tests=measured.run.collection,
            servers=measured.servers,
            carried=measured.carried,
        ),
        Provenance(input_digest=prepared.inputs.digest, generator=GENERATOR, run_id=uuid.uuid4().hex[:12], now=now),
        locked_plan(plan, prepared.tree),
    )


def keep(prepared: PreparedCollection, evidence: BuildEvidence) -> None:
    """Keep the results of each agent, so that they are not measured again while nothing of them changes."""
    records = Records(prepared.project)
    for agent in evidence.agents:
        records.save_agent(record_key(prepared, agent.agent), agent)


def require(prepared: PreparedCollection, measured: Measurement, now: datetime) -> None:
    """Do nothing where every gate holds; else keep the results of the agents whose gates hold, and raise.

    Raises:
        GateError: with each gate that does not hold, and each agent that was not run because of it.
    """
    found = evaluation.problems(prepared.plan, measured.results, measured.run.failures)
    if not found:
        return
    held = [agent for agent in measured.run.per_agent if agent not in measured.run.stopped]
    keep(prepared, evidence_of(prepared, measured, held, now))
    raise GateError(
        [*found, *evaluation.unmeasured_notes(prepared.plan, measured.run, len(held) + len(measured.carried))]
    )


def record_key(prepared: PreparedCollection, agent: AgentId) -> str:
    """The digest of all that an agent's results depend on."""
    others = [f"{name} {digest}" for name, digest in prepared.inputs.own_code.items()]
    others += [f"packages {prepared.packages.digest}"] if prepared.packages else []
    return agent_key(prepared.plan, prepared.tree, agent, GENERATOR, [*others, package_digest()])


def pings(backends: BackendUrls) -> Mapping[str, Ping]:
    """A question to each backend, whose answer is its product and version."""

    def ping(layer: str, probe: Callable[[str], tuple[str, str]], url: str) -> Ping:
        def ask() -> ServerVersion:
            product, version = probe(url)
            return ServerVersion(layer=layer, product=product, version=version)

        return ask

    return {
        "redis": ping("working", probes.redis, backends.redis),
        "postgres": ping("episodic", probes.postgres, backends.postgres),
        "neo4j": ping("semantic", probes.graph, backends.neo4j),
        "hypergraph": ping("causal", probes.postgres, backends.hypergraph),
        "archive": ping("archive", probes.archive, backends.archive),
    }


def import_paths(prepared: PreparedCollection) -> tuple[Path, ...]:
    """Folders of the user's own code, and of the packages that it needs, which are installed where they are missing."""
    own = prepared.implementations
    return (*((own,) if own else ()), *install(prepared.project, prepared.packages))
