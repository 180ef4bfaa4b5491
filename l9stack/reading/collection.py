"""A file or a folder to a `Collection`; all problems of all files come at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from l9stack.errors import InputError, Place, Problem
from l9stack.inputs import InputFile, Inputs
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.model.glue import Answers, Glue
from l9stack.names import identifier
from l9stack.reading.agents import read_agent
from l9stack.reading.document_sorting import NEAR, sort_documents
from l9stack.reading.documents import Document, MalformedDocument, parse_each
from l9stack.reading.fields import quote
from l9stack.reading.glue import join_glue, read_answers, read_glue
from l9stack.reading.imported_modules import read_modules
from l9stack.reading.markdown import Block, read_markdown
from l9stack.reading.source_text import SourceText, decode_text
from l9stack.reading.templates import read_templates

MAX_AGENTS = 1_000
_AGENT_HAS = "an agent has system, module, name, role, rootpath, cursorinstructions, governance and deployment"


@dataclass(slots=True)
class _Reading:
    """What was found so far."""

    agents: list[AgentSpec] = field(default_factory=list)
    glue: Glue = field(default_factory=Glue)
    answers: Answers = field(default_factory=Answers)
    problems: list[Problem] = field(default_factory=list)
    others: list[Problem] = field(default_factory=list)
    """Why documents are no agents."""


def read_collection(inputs: Inputs) -> Collection:
    """Read a collection.

    Raises:
        InputError: with every problem of every file.
    """
    found = _Reading()
    problems = found.problems
    contents, called = inputs.contents, inputs.path.name
    if identifier(inputs.stem) is None:
        problems.append(Problem("bad-name", f"no identifier can be made of {quote(called)}", Place(called)))
    problems.extend(schema.fault for schema in contents.schemas if schema.fault)
    whole = [schema for schema in contents.schemas if schema.fault is None]
    for schema, text in [(schema, decode_text(schema.data, schema.name, problems)) for schema in whole]:
        if text is not None:
            _read(schema, text, found)
    problems.extend(contents.implementations.faults)
    imported = read_modules(contents.imported, problems)
    templates = read_templates(contents.templates, problems)
    problems.extend(_clashes(found.agents))
    failed = any(problem.level == "error" for problem in problems)
    if not failed and not found.agents:
        problems.append(_no_agents(called, found))
    problems.extend(found.others)
    if any(problem.level == "error" for problem in problems):
        raise InputError(problems)
    return Collection(
        name=inputs.name,
        root=str(inputs.root),
        agents=tuple(found.agents),
        glue=found.glue,
        answers=found.answers,
        answers_file=inputs.answers_file,
        imported=imported,
        templates=templates,
        implementations={file.name: file.data for file in contents.implementations.files},
        notes=tuple(problems),
    )


def _read(schema: InputFile, text: SourceText, found: _Reading) -> None:
    stem, _, suffix = schema.name.rpartition(".")
    if stem == "answers" or stem.endswith(".answers"):
        for item in parse_each(text):
            _read_answers(item, text.file, found)
        return
    if suffix.lower() == "md":
        unclosed: list[Problem] = []
        markdown = read_markdown(text, unclosed)
        if markdown.blocks or unclosed:
            if not markdown.bare_yaml:
                found.problems.extend(unclosed)
                for block in markdown.blocks:
                    _read_block(block, found)
                found.others.extend(filter(None, [markdown.prose_note(text.file)]))
                return
        elif not markdown.bare_yaml and not _is_yaml(text):
            found.others.extend(filter(None, [markdown.prose_note(text.file)]))
            return
    _read_text(text, found)


def _is_yaml(text: SourceText) -> bool:
    """Whether a Markdown file without the keys of an agent is YAML all the same: glue, or another kind of schema."""
    items = list(parse_each(text))
    gathered = sort_documents(items)
    lines = (line for line in text.text.split("\n") if line.strip() and not line.startswith("#"))
    marked = next(lines, "").rstrip() == "---" and all(isinstance(item, Document) for item in items)
    return bool(gathered.agents or gathered.glue) or marked


def _read_block(block: Block, found: _Reading) -> None:
    if block.labelled:
        _read_text(block.text, found)
        return
    # What is not said to be YAML may be an agent all the same, and is none where it cannot be read as one.
    language = f"a block of {block.language}" if block.language else "a block without a language"
    if not block.language and sort_documents(parse_each(block.text)).agents:
        message = f"{language} is read as yaml"
        found.problems.append(Problem("unlabelled-fence", message, block.opening, "write ```yaml", "note"))
        _read_text(block.text, found)
    else:
        found.others.append(Problem("not-an-agent", f"not an agent: {language}", block.opening, level="note"))


def _read_text(text: SourceText, found: _Reading) -> None:
    gathered = sort_documents(parse_each(text))
    found.problems.extend(gathered.problems)
    found.others.extend(gathered.others)
    for node in gathered.glue:
        found.glue = join_glue(found.glue, read_glue(node, text.file, found.problems))
    for node in gathered.agents:
        if len(found.agents) == MAX_AGENTS:
            message = f"more than {MAX_AGENTS} agents in one collection"
            found.problems.append(Problem("too-many-agents", message, node.place, "split it into collections"))
            return
        agent = read_agent(node, found.problems)
        found.agents.extend([agent] if agent else [])


def _read_answers(item: Document | MalformedDocument, file: str, found: _Reading) -> None:
    if isinstance(item, MalformedDocument):
        found.problems.append(item.problem)
    elif found.answers.file:
        message = f"answers are given twice, first in {found.answers.file}"
        found.problems.append(Problem("two-answers", message, item.root.place, "keep them in one document"))
    else:
        found.answers = read_answers(item.root, file, found.problems)


def _no_agents(called: str, found: _Reading) -> Problem:
    """Nothing is an agent: the nearest to one says what it lacks."""
    if found.glue.file:
        hint = f"{found.glue.file} holds glue: give the folder that also holds the agents"
        return Problem("no-agents", "no agent schema found", Place(called), hint)
    near = [other for other in found.others if other.message.startswith(NEAR)]
    if near:
        nearest = min(near, key=lambda other: other.message.count(", "))
        found.others.remove(nearest)
        message = f"no agent schema found: {nearest.message.removeprefix('not an agent: ')}"
        return Problem("no-agents", message, nearest.place, _AGENT_HAS)
    return Problem("no-agents", "no agent schema found", Place(called), _AGENT_HAS)


def _clashes(agents: list[AgentSpec]) -> list[Problem]:
    """Two agents of one id, or of one root path."""
    problems = []
    ids: dict[str, AgentSpec] = {}
    roots: dict[str, AgentSpec] = {}
    for agent in agents:
        same = ids.setdefault(agent.id, agent)
        # Folders that differ only in case are one folder on some machines.
        neighbour = roots.setdefault(agent.root_path.casefold(), agent)
        if same is not agent:
            message = f"agent {agent.id} is also defined at {same.place}"
            problems.append(Problem("duplicate-agent", message, agent.place, "give each agent a name of its own"))
        elif neighbour is not agent:
            message = f"rootpath {agent.root_path} is also {neighbour.id}'s"
            problems.append(Problem("duplicate-rootpath", message, agent.place, "give each agent a folder of its own"))
    return problems
