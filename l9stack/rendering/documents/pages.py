"""An agent's documents: a row says which names a family answers to, its function decides, its template prints."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from l9stack.model.plan import AgentPlan, Plan
from l9stack.names import name_key
from l9stack.printable import markdown
from l9stack.rendering.code.bridges import GovernanceView, view_governance
from l9stack.rendering.code.interface import SurfaceView, view_surface
from l9stack.rendering.code.settings import prefix
from l9stack.rendering.documents import (
    interface as surface,
    memory as memory,
    monitoring as watching,
    overview as facts,
    settings as told,
)
from l9stack.rendering.documents.operations import OperationDoc, view_operation
from l9stack.rendering.environment import render_template
from l9stack.rendering.packets import PacketDoc, view_packets


@dataclass(frozen=True, slots=True)
class LinkDoc:
    """Another document of the agent, as a relative address, and what it is for."""

    name: str
    address: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Head:
    """What every document begins and ends with, and the facts that most of them print."""

    name: str
    title: str
    about: str
    links: tuple[LinkDoc, ...]
    agent: SurfaceView
    module: str
    package: str
    policy: GovernanceView
    operations: tuple[OperationDoc, ...]
    health_path: str
    packets: PacketDoc

    @property
    def bound(self) -> tuple[OperationDoc, ...]:
        """Operations that answer by themselves."""
        return tuple(op for op in self.operations if op.bound)

    @property
    def unbound(self) -> tuple[OperationDoc, ...]:
        """Operations that an anchor answers."""
        return tuple(op for op in self.operations if not op.bound)


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document: its head, and the parts that its family needs; the others are empty."""

    head: Head
    layers: tuple[memory.LayerDoc, ...] = ()
    rules: tuple[facts.RuleDoc, ...] = ()
    called: tuple[surface.PeerDoc, ...] = ()
    callers: tuple[surface.PeerDoc, ...] = ()
    settings: tuple[told.SettingDoc, ...] = ()
    variables: tuple[told.VariableDoc, ...] = ()
    config_module: str = ""
    modules: tuple[facts.ModuleDoc, ...] = ()
    picture: surface.PictureDoc | None = None
    sections: tuple[facts.SectionDoc, ...] = ()
    statuses: tuple[surface.StatusDoc, ...] = ()
    apis: tuple[tuple[str, str], ...] = ()
    linked: tuple[str, ...] = ()
    audit_scope: tuple[str, ...] = ()
    raisers: tuple[tuple[str, str, str], ...] = ()
    """File and function that raise triggers of the policy, and the one trigger that it raises, if it is one."""
    replicas: int = 1
    implementations: tuple[str, ...] = ()
    prefix: str = ""
    config_link: LinkDoc | None = None
    watched: watching.WatchDoc | None = None
    whole: LinkDoc | None = None
    """The document that tells everything of which this one tells its own part."""


@dataclass(frozen=True, slots=True)
class DocumentFamily:
    """One row: `stems` are names without `.md`, folded; `purpose` is what a link to it says."""

    template: str
    stems: frozenset[str]
    title: str
    purpose: str
    view: Callable[[Plan, AgentPlan, Head], DocumentView]


_GENERAL = frozenset({"api", "docs", "guide", "handbook", "manual", "rules", "user"})
"""Words of a document's name that speak of no operation."""


def render_documents(plan: Plan, agent: AgentPlan) -> dict[str, str]:
    """Every document that the schema asks for, by its path in an extraction."""
    operations = tuple(view_operation(plan, agent, operation) for operation in agent.operations)
    return {f"docs/{agent.id}/{name}": _rendered(plan, agent, name, operations) for name in agent.spec.generate_docs}


def document_family(name: str) -> DocumentFamily:
    """The row that a document's name belongs to; whatever no row answers to is a guide."""
    stem = name_key(PurePosixPath(name).stem)
    return next((family for family in FAMILIES if stem in family.stems), GUIDE)


def _rendered(plan: Plan, agent: AgentPlan, name: str, operations: tuple[OperationDoc, ...]) -> str:
    family = document_family(name)
    first = _first(agent, family)
    about = _words(name)
    title = family.title if family.title and name == first else about
    head = Head(
        name=name,
        title=agent.spec.name if family.title == "-" and name == first else f"{agent.spec.name}: {title}",
        about=about,
        links=_links(agent, name),
        agent=view_surface(plan, agent),
        module=agent.spec.module,
        package=agent.package,
        policy=view_governance(agent),
        operations=operations,
        health_path=agent.spec.health_path,
        packets=view_packets(plan.protocol, agent.id),
    )
    whole = next((link for link in head.links if link.name == first), None)
    if whole is None:
        view = family.view(plan, agent, head)
    else:  # two documents that tell the same would soon tell different things
        view = DocumentView(_spoken_of(head), layers=memory.layers(agent), whole=whole)
    text = render_template(family.template if whole is None else "docs/part.md.j2", view=view)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text))


def _links(agent: AgentPlan, name: str) -> tuple[LinkDoc, ...]:
    folder = posixpath.dirname(name) or "."
    return tuple(
        LinkDoc(other, posixpath.relpath(other, folder), _purpose(agent, other))
        for other in agent.spec.generate_docs
        if other != name
    )


def _purpose(agent: AgentPlan, name: str) -> str:
    family = document_family(name)
    first = _first(agent, family)
    return family.purpose if name == first else f"part of {markdown(first)}"


def _first(agent: AgentPlan, family: DocumentFamily) -> str:
    """The document that holds the whole of a family: the first that the schema names."""
    return next(name for name in agent.spec.generate_docs if document_family(name) is family)


def _words(name: str) -> str:
    """`ASSESSMENT_GUIDE.md` as a title: `assessment guide`."""
    return " ".join(re.split(r"[_.-]+", PurePosixPath(name).stem)).strip().lower()


def _readme(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    return DocumentView(
        head, layers=memory.layers(agent), called=surface.callees(plan, agent), callers=surface.callers(agent),
        sections=tuple(part for part in facts.schema_sections(agent) if part.name in ("title", "purpose", "summary")),
    )  # fmt: skip


def _config(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    module = agent.module_of("config")
    return DocumentView(
        head, settings=told.settings(agent), variables=told.variables(agent),
        config_module=module.dotted if module else "",
    )  # fmt: skip


def _api_spec(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    return DocumentView(head, layers=memory.layers(agent), statuses=surface.statuses(plan, agent), apis=agent.spec.apis)


def _deployment(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    requires = {name for module in facts.modules(agent) for name in module.requires}
    return DocumentView(
        head, layers=memory.layers(agent), variables=told.variables(agent), called=surface.callees(plan, agent),
        replicas=agent.spec.replicas, linked=tuple(sorted(requires)),
        implementations=tuple(op.behaviour.target for op in head.operations if op.behaviour.target),
        prefix=prefix(agent),
        config_link=next((link for link in head.links if document_family(link.name).view is _config), None),
        watched=watching.agent_monitoring(plan, agent),
    )  # fmt: skip


def _architecture(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    return DocumentView(
        head, layers=memory.layers(agent), called=surface.callees(plan, agent), callers=surface.callers(agent),
        modules=facts.modules(agent), picture=surface.picture(plan, agent), sections=facts.schema_sections(agent),
        apis=agent.spec.apis, linked=agent.spec.link_existing,
    )  # fmt: skip


def _autonomy(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    named = tuple(setting for setting in told.settings(agent) if setting.name.startswith("governance."))
    return DocumentView(
        head, rules=facts.rules(agent), settings=named, audit_scope=agent.spec.governance.audit_scope,
        raisers=facts.raisers(plan, agent), layers=memory.layers(agent),
    )  # fmt: skip


def _integration(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    return DocumentView(
        head, called=surface.callees(plan, agent), callers=surface.callers(agent), apis=agent.spec.apis,
        linked=agent.spec.link_existing,
    )  # fmt: skip


def _performance(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    return DocumentView(head, layers=memory.layers(agent), variables=told.variables(agent))


def _guide(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    # What the document's name speaks of comes first: `ASSESSMENT_GUIDE` begins with the operation that assesses.
    spoken = _spoken_of(head).operations
    head = replace(head, operations=(*spoken, *(op for op in head.operations if op not in spoken)))
    return DocumentView(
        head, layers=memory.layers(agent), rules=facts.rules(agent), sections=facts.schema_sections(agent)
    )


def _runbook(plan: Plan, agent: AgentPlan, head: Head) -> DocumentView:
    return DocumentView(
        head, layers=memory.layers(agent), called=surface.callees(plan, agent), callers=surface.callers(agent),
        statuses=surface.statuses(plan, agent), watched=watching.agent_monitoring(plan, agent),
    )  # fmt: skip


def _spoken_of(head: Head) -> Head:
    """The head with the operations alone that the document's name speaks of."""
    stems = {word[:5] for word in head.about.split() if word not in _GENERAL}
    spoken = (op for op in head.operations if any(stem in f"{op.name} {op.module}" for stem in stems))
    return replace(head, operations=tuple(spoken))


FAMILIES = (
    DocumentFamily("docs/readme.md.j2", frozenset({"readme"}), "-", "what it is, and a first call", _readme),
    DocumentFamily("docs/config.md.j2", frozenset({"config", "configuration"}), "configuration",
                   "settings, who set them, and how to change them", _config),
    DocumentFamily("docs/api_spec.md.j2", frozenset({"apispec", "api", "apireference"}), "interface",
                   "operations, endpoints, packets and status codes in full", _api_spec),
    DocumentFamily("docs/deployment.md.j2", frozenset({"deployment", "deploy"}), "deployment",
                   "environment, health, order of start, rollback", _deployment),
    DocumentFamily("docs/architecture.md.j2", frozenset({"architecture", "design"}), "architecture",
                   "its place, its modules, the flow of a call, its memory", _architecture),
    DocumentFamily("docs/autonomy_rules.md.j2", frozenset({"autonomyrules", "autonomy", "governance"}),
                   "autonomy rules", "what it decides alone, what is escalated, how to decide", _autonomy),
    DocumentFamily("docs/integration_guide.md.j2", frozenset({"integrationguide", "integration"}),
                   "integration guide", "how other agents and systems work with it", _integration),
    DocumentFamily("docs/runbook.md.j2", frozenset({"runbook", "oncall", "operations", "troubleshooting", "playbook"}),
                   "", "what to look at, and what to do, when something is wrong", _runbook),
    DocumentFamily("docs/performance_guide.md.j2", frozenset({"performanceguide", "performance"}),
                   "performance guide", "limits, cost of a call, what to measure", _performance),
)  # fmt: skip
GUIDE = DocumentFamily("docs/guide.md.j2", frozenset(), "", "how to work with it", _guide)
