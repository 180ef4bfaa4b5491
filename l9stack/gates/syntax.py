"""What the static gates look at: the plan, the rendered text, and its syntax trees, each parsed once."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from l9stack.errors import Place
from l9stack.gates.lint import LintFinding, lint_findings
from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.model.plan import AgentPlan, Plan
from l9stack.names import AgentId

CODE, DOCS, TESTS, MANIFESTS = "code/", "docs/", "tests/", "manifests/"


@dataclass(frozen=True, slots=True)
class ParsedModule:
    """A Python file of the tree. `tree` is None where `error` says why it does not parse."""

    artifact: Artifact
    tree: ast.Module | None
    error: str = ""
    line: int = 1

    @property
    def path(self) -> str:
        """The path within the extraction."""
        return self.artifact.path

    @property
    def dotted(self) -> str:
        """The import path of a file below `code/`: `L9.agents.desk.controller`."""
        return self.path.removeprefix(CODE).removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def place(self, line: int = 1) -> Place:
        """A position in this file."""
        return Place(self.path, line)


def parse(artifact: Artifact) -> ParsedModule:
    """Parse one Python artifact; a syntax error is kept as a value."""
    try:
        return ParsedModule(artifact, ast.parse(artifact.text, filename=artifact.path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        return ParsedModule(artifact, None, getattr(error, "msg", None) or str(error), line)


class ParsedTree:
    """A plan beside the tree that was rendered from it; `folder` holds the same tree on disk."""

    def __init__(self, plan: Plan, tree: RenderedTree, folder: Path) -> None:
        self.plan = plan
        self.tree = tree
        self.folder = folder

    @cached_property
    def lint(self) -> tuple[LintFinding, ...]:
        """What ruff finds in the whole tree."""
        return lint_findings(self.folder)

    @cached_property
    def sources(self) -> dict[str, ParsedModule]:
        """Every Python file by path."""
        return {a.path: parse(a) for a in self.tree.artifacts if a.path.endswith(".py")}

    @cached_property
    def modules(self) -> dict[str, ParsedModule]:
        """Files below `code/` by import path."""
        return {source.dotted: source for path, source in self.sources.items() if path.startswith(CODE)}

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every artifact's text by path."""
        return {artifact.path: artifact.text for artifact in self.tree.artifacts}

    @cached_property
    def _owners(self) -> dict[str, list[Artifact]]:
        owners: dict[str, list[Artifact]] = {}
        for artifact in self.tree.artifacts:
            owners.setdefault(artifact.agent or "", []).append(artifact)
        return owners

    def artifacts(self, agent: AgentId, prefix: str = "") -> list[Artifact]:
        """The agent's artifacts below `prefix`."""
        return [artifact for artifact in self._owners.get(agent, []) if artifact.path.startswith(prefix)]

    def code(self, agent: AgentId) -> list[ParsedModule]:
        """The agent's modules."""
        return [self.sources[a.path] for a in self.artifacts(agent, CODE) if a.path in self.sources]

    def python(self, agent: AgentId) -> list[ParsedModule]:
        """The agent's modules and tests."""
        return [self.sources[a.path] for a in self.artifacts(agent) if a.path in self.sources]

    def manifest(self, agent: AgentId) -> dict[str, Any]:
        """The agent's manifest, or an empty one where it is absent or no JSON object."""
        try:
            data = json.loads(self.texts.get(f"{MANIFESTS}{agent}.json", "{}"))
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}


def expected_files(agent: AgentPlan) -> dict[str, str]:
    """Every file that the schema asks for, by path, with the field that asks: `cursorinstructions.generatefiles.0`."""
    spec = agent.spec
    expected = {
        f"{CODE}{spec.root_path}/{path}": f"cursorinstructions.generatefiles.{index}"
        for index, path in enumerate(spec.generate_files)
    }
    for index, path in enumerate(spec.generate_docs):
        expected[f"{DOCS}{spec.id}/{path}"] = f"cursorinstructions.generatedocs.{index}"
    expected[f"{MANIFESTS}{spec.id}.json"] = "manifest"
    return expected


def functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.ClassDef | None]]:
    """Module-level functions and methods, each with its class."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, None
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield inner, node
