"""The extraction as resources: one for each agent's code, then the gate, then the unified config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from l9stack.infra import deployment_files
from l9stack.infra.resources import AgentCode, ExtractionGate, UnifiedConfigFile
from l9stack.model.plan import EdgeKind, Plan
from l9stack.names import AgentId


@dataclass(frozen=True)
class ExtractionArgs:
    """What was prepared; digests only, never text."""

    plan: Plan
    digests: Mapping[AgentId | None, str]
    """Of each agent's part, and of the collection's own under None."""
    tree: str
    config: str
    """Of the unified config's file."""
    implementations: Mapping[str, str]
    """Digests of the user's own functions, by agent that has any."""
    own_code: str
    inputs: str
    """By which the inputs are kept in the store."""
    stack: str
    path: str
    output: str
    servers: Sequence[pulumi.Resource] = ()
    """Servers that the gates can use once they run."""


class Extraction(pulumi.ComponentResource):
    """Code in waves of hard dependencies; outputs `folder`."""

    folder: pulumi.Output[str]

    def __init__(self, name: str, args: ExtractionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("l9stack:extraction:Extraction", name, {}, opts)
        plan, base = args.plan, name.removesuffix("-extraction")
        codes: dict[str, AgentCode] = {}
        for agent in plan.agents:
            before = [codes[target] for target in hard_dependencies(plan, agent.id) if target in codes]
            codes[agent.id] = AgentCode(
                f"{base}-{agent.id}-code",
                {
                    "collection": plan.collection,
                    "inputs": args.inputs,
                    "path": args.path,
                    "agent": agent.id,
                    "digest": args.digests[agent.id],
                    "implementations": args.implementations.get(agent.id, ""),
                },
                pulumi.ResourceOptions(parent=self, depends_on=[*before, *args.servers]),
            )
        self.gate = ExtractionGate(
            f"{base}-gate",
            {
                "collection": plan.collection,
                "inputs": args.inputs,
                "path": args.path,
                "output": args.output,
                "digest": args.tree,
                "implementations": args.own_code,
            },
            pulumi.ResourceOptions(parent=self, depends_on=list(codes.values())),
        )
        self.config = UnifiedConfigFile(
            f"{base}-config",
            {"stack": args.stack, "collection": plan.collection, "digest": args.config, "part": args.digests[None]},
            pulumi.ResourceOptions(parent=self, depends_on=[self.gate]),
        )
        self.folder = self.gate.folder
        self.config_file = f"deployments/{args.stack}/{deployment_files.config_name(plan.collection)}"
        self.register_outputs({"folder": self.folder, "config": self.config_file})


def hard_dependencies(plan: Plan, agent: str) -> list[str]:
    """Agents of the collection that have to be there before this one."""
    return sorted(
        {
            edge.target
            for edge in plan.edges
            if edge.kind is EdgeKind.HARD and edge.source == agent and not edge.external
        }
    )
