"""A file or a folder to a `Collection`; all problems of all files come at once."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection, SourceFile
from l9stack.model.glue import Answers, Glue
from l9stack.names import identifier
from l9stack.reading.agents import read_agent
from l9stack.reading.documents import Node, parse
from l9stack.reading.glue import is_glue, read_answers, read_glue
from l9stack.sources import collection_files

_FENCE = re.compile(r"^(?P<ticks>`{3,})\s*ya?ml\s*$", re.IGNORECASE)


def read_collection(path: Path) -> Collection:
    """Read a collection.

    Raises:
        InputError: with every problem of every file.
    """
    base = path if path.is_dir() else path.parent
    problems: list[Problem] = []
    sources: list[SourceFile] = []
    agents: list[AgentSpec] = []
    glue, answers = Glue(), Answers()
    name = identifier(path.name if path.is_dir() else path.stem)
    if name is None:
        problems.append(Problem("bad-name", f"no identifier can be made of {path.name!r}", Place(str(path))))
    for file in collection_files(path):
        shown = file.relative_to(base).as_posix()
        raw = file.read_bytes()
        sources.append(SourceFile(path=shown, sha256=hashlib.sha256(raw).hexdigest()))
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            problems.append(Problem("not-utf8", "the file is not UTF-8 text", Place(shown, line), "save it as UTF-8"))
            continue
        for node in _documents(text, shown, file.suffix.lower() == ".md", problems):
            if file.name == "answers.yaml" or file.name.endswith(".answers.yaml"):
                answers = read_answers(node, shown, problems)
            elif is_glue(node):
                glue = _join(glue, read_glue(node, shown, problems))
            elif _is_agent(node):
                agent = read_agent(node, problems)
                agents.extend([agent] if agent else [])
            else:
                problems.append(_not_an_agent(node, file.suffix.lower() == ".md"))
    problems.extend(_clashes(agents))
    if not agents and not any(problem.level == "error" for problem in problems):
        hint = "an agent has system, module, name, role, rootpath"
        problems.append(Problem("no-agents", "no agent schema found", Place(path.name), hint))
    if any(problem.level == "error" for problem in problems):
        raise InputError(sorted(problems, key=lambda problem: (problem.level, problem.place or Place(""))))
    return Collection(
        name=str(name),
        root=str(base),
        agents=tuple(agents),
        glue=glue,
        answers=answers,
        sources=tuple(sources),
        notes=tuple(problems),
    )


def _documents(text: str, shown: str, markdown: bool, problems: list[Problem]) -> list[Node]:
    """The documents of a file: of each fence in Markdown that has fences, else of the whole text."""
    parts = _fences(text) if markdown else []
    nodes: list[Node] = []
    for first_line, part in parts or [(1, text)]:
        documents, found = parse(part, shown, first_line)
        problems.extend(found)
        nodes.extend(document.root for document in documents)
    return nodes


def _fences(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    lines = text.splitlines(keepends=True)
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number].rstrip())
        number += 1
        if not opened:
            continue
        start = number
        while number < len(lines) and not lines[number].startswith(opened["ticks"]):
            number += 1
        found.append((start + 1, "".join(lines[start:number])))
        number += 1
    return found


def _is_agent(node: Node) -> bool:
    entries = node.entries or {}
    return "system" in entries or {"name", "role"} <= entries.keys() or "cursorinstructions" in entries


def _not_an_agent(node: Node, markdown: bool) -> Problem:
    message = "not an agent: it has no system, name and role"
    if markdown:
        return Problem("not-an-agent", message, node.place, level="note")
    return Problem("not-an-agent", message, node.place, "an agent has system, module, name, role, rootpath")


def _join(first: Glue, second: Glue) -> Glue:
    if not first.file:
        return second
    return Glue(
        file=f"{first.file}, {second.file}",
        wirings=first.wirings + second.wirings,
        mappings=first.mappings + second.mappings,
        bindings=first.bindings + second.bindings,
        settings={**first.settings, **second.settings},
        settings_places={**first.settings_places, **second.settings_places},
        rules=first.rules + second.rules,
        quality_gates=first.quality_gates + second.quality_gates,
    )


def _clashes(agents: list[AgentSpec]) -> list[Problem]:
    """Two agents of one id, or one root path inside another's files."""
    found = []
    for number, agent in enumerate(agents):
        for other in agents[:number]:
            if agent.id == other.id:
                message = f"agent {agent.id} is also defined at {other.place}"
                found.append(Problem("duplicate-agent", message, agent.place, "give each agent a name of its own"))
            elif agent.root_path == other.root_path:
                message = f"rootpath {agent.root_path} is also {other.id}'s"
                found.append(Problem("duplicate-rootpath", message, agent.place, "give each agent a folder of its own"))
    return found
