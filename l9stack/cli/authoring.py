"""`l9 new` and `l9 schema`: a collection to begin with, an agent in one, and what editors check them by."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from l9stack.cli.arguments import existing_path, project_of
from l9stack.cli.printing import print_json
from l9stack.cli.scaffolds import AGENT, ANSWERS, FIRST_AGENT, GLUE
from l9stack.errors import InputError, Place, Problem
from l9stack.names import AgentId, agent_id, class_name, identifier


def new(arguments: argparse.Namespace) -> int:
    """Scaffold a collection in a new or empty folder, or one more agent in a collection; nothing is written over."""
    files, next_steps = _agent(arguments) if arguments.agent else _collection(arguments)
    _write(files)
    made = [str(path) for path in files]
    if arguments.json:
        print_json({"ok": True, "made": made, "next": next_steps})
        return 0
    print("made:", *(f"  {path}" for path in made), "", "next:", *(f"  {step}" for step in next_steps), sep="\n")
    return 0


def schema(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of a kind of file; it is JSON with and without `--json`."""
    from l9stack.model.deployment import deployment_schema
    from l9stack.reading.glue_schema import answers_schema, glue_schema
    from l9stack.reading.schema import agent_schema

    kinds = {"agent": agent_schema, "glue": glue_schema, "answers": answers_schema, "manifest": deployment_schema}
    made = kinds[arguments.kind]()
    print(json.dumps(made, indent=2, ensure_ascii=False))
    return 0


def _collection(arguments: argparse.Namespace) -> tuple[dict[Path, str], list[str]]:
    folder = Path(arguments.path)
    name = identifier(folder.resolve().name)
    if name is None:
        raise _refused("bad-name", f"no identifier can be made of {folder.name!r}", folder, "use letters, digits, `_`")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _refused("not-a-folder", f"{folder} is no folder", folder, "name a folder that is not there yet")
    if folder.is_dir() and any(folder.iterdir()):
        hint = f"name another folder, or add an agent: l9 new {folder} --agent NAME"
        raise _refused("not-empty", f"{folder} is not empty", folder, hint)
    agent = AgentId(name)
    texts = {"agents.yaml": FIRST_AGENT, "glue.yaml": GLUE, "answers.yaml": ANSWERS}
    files = {folder / file: _filled(text, agent, f"L9/agents/{agent}") for file, text in texts.items()}
    steps = [
        f"edit {folder / 'agents.yaml'}: role, anchors, files, endpoints",
        f"l9 validate {folder}",
        f"l9 extract {folder}",
        f"l9 new {folder} --agent NAME",
    ]
    return files, steps


def _agent(arguments: argparse.Namespace) -> tuple[dict[Path, str], list[str]]:
    from l9stack.inputs import Inputs
    from l9stack.reading.collection import read_collection

    folder, name = Path(arguments.path), agent_id(arguments.agent)
    if name is None:
        raise _refused(
            "bad-name", f"no identifier can be made of {arguments.agent!r}", None, "use letters, digits, `_`"
        )
    if not existing_path(arguments.path).is_dir():
        hint = "an agent of a collection of one file is one more document in that file"
        raise _refused("not-a-folder", f"{folder} is no folder", folder, hint)
    collection = read_collection(Inputs.read(project_of(arguments), existing_path(arguments.path)))
    parents = Counter(agent.root_path.rpartition("/")[0] for agent in collection.agents)
    parent = parents.most_common(1)[0][0]
    root = f"{parent}/{name}" if parent else str(name)
    for agent in collection.agents:
        if agent.id == name or agent.root_path.casefold() == root.casefold():
            message = f"the collection has an agent {agent.id} at {agent.root_path}"
            raise _refused("duplicate-agent", message, folder / agent.place.file, "take another name")
    file = folder / f"{name}.yaml"
    steps = [
        f"edit {file}: role, anchors, files, endpoints",
        f"l9 bind {name}.answer --collection {folder}",
        f"l9 validate {folder}",
    ]
    return {file: _filled(AGENT, name, root)}, steps


def _filled(text: str, agent: AgentId, root: str) -> str:
    facts = {"@agent@": agent, "@Agent@": class_name(agent), "@Title@": agent.replace("_", " ").strip().title()}
    for mark, value in {**facts, "@root@": root}.items():
        text = text.replace(mark, value)
    return text


def _write(files: Mapping[Path, str]) -> None:
    """Make every file; one that is there already is never touched."""
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except FileExistsError as error:
            raise _refused("file-exists", f"{path} is there already", path, "take another name") from error
        except OSError as error:
            message = f"{path} cannot be written: {error.strerror}"
            raise _refused("not-written", message, path, "name a folder that you may write to") from error


def _refused(code: str, message: str, path: Path | None, hint: str) -> InputError:
    return InputError([Problem(code, message, Place(str(path)) if path else None, hint)])
