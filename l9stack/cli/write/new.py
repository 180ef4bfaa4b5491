"""`l9 new`: a collection to begin with, or an agent in one."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click

from l9stack.cli.options import existing_path, json_option, pass_project
from l9stack.cli.printing import print_json
from l9stack.cli.write.scaffolds import AGENT, ANSWERS, FIRST_AGENT, GLUE
from l9stack.errors import InputError, Place, Problem
from l9stack.names import AgentId, agent_id, class_name, identifier
from l9stack.project import Project


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--agent", metavar="NAME", help="Add an agent of this name to it.")
@json_option
@pass_project
def new(project: Project, path: Path, agent: str | None, as_json: bool) -> int:
    """Scaffold a collection, or an agent in one.

    PATH is the collection's folder, made where it is not there, with an agent of its name to begin with. Nothing that
    is there is written over.
    """
    if agent and not path.exists():
        files, _ = _collection(path)
        more, next_steps = _second_agent(path, agent)
        files |= more
    else:
        files, next_steps = _agent(project, path, agent) if agent else _collection(path)
    _write(files)
    made = [str(path) for path in files]
    if as_json:
        print_json({"ok": True, "made": made, "next": next_steps})
        return 0
    print("made:", *(f"  {path}" for path in made), "", "next:", *(f"  {step}" for step in next_steps), sep="\n")
    return 0


def _collection(folder: Path) -> tuple[dict[Path, str], list[str]]:
    name = identifier(folder.resolve().name)
    if name is None:
        raise _refused("bad-name", f"no identifier can be made of {folder.name!r}", folder, "use letters, digits, `_`")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _refused("not-a-folder", f"{folder} is no folder", folder, "name a folder that is not there yet")
    if folder.is_dir() and any(folder.iterdir()):
        hint = f"name another folder, or add an agent: l9 new {shlex.quote(str(folder))} --agent NAME"
        raise _refused("not-empty", f"{folder} is not empty", folder, hint)
    agent = AgentId(name)
    texts = {"agents.yaml": FIRST_AGENT, "glue.yaml": GLUE, "answers.yaml": ANSWERS}
    files = {folder / file: _filled(text, agent, f"L9/agents/{agent}") for file, text in texts.items()}
    quoted = shlex.quote(str(folder))
    steps = [
        f"edit {folder / 'agents.yaml'}: role, anchors, files, endpoints",
        f"l9 validate {quoted}",
        f"l9 extract {quoted}",
        f"l9 new {quoted} --agent NAME",
    ]
    return files, steps


def _second_agent(folder: Path, wanted: str) -> tuple[dict[Path, str], list[str]]:
    """An agent beside the first one of a collection that is made with it."""
    name, first = _agent_name(wanted), identifier(folder.resolve().name)
    if name == first:
        hint = f"take another name, or leave --agent out: the first agent is {first}"
        raise _refused("duplicate-agent", f"the collection has an agent {first}", None, hint)
    return _agent_file(folder, name, f"L9/agents/{name}")


def _agent_name(wanted: str) -> AgentId:
    name = agent_id(wanted)
    if name is None:
        raise _refused("bad-name", f"no identifier can be made of {wanted!r}", None, "use letters, digits, `_`")
    return name


def _agent(project: Project, folder: Path, wanted: str) -> tuple[dict[Path, str], list[str]]:
    from l9stack.inputs import Inputs
    from l9stack.reading.collection import read_collection

    name = _agent_name(wanted)
    if not existing_path(str(folder)).is_dir():
        hint = "an agent of a collection of one file is one more document in that file"
        raise _refused("not-a-folder", f"{folder} is no folder", folder, hint)
    collection = read_collection(Inputs.read(project, folder.resolve()))
    parents = Counter(agent.root_path.rpartition("/")[0] for agent in collection.agents)
    parent = parents.most_common(1)[0][0]
    root = f"{parent}/{name}" if parent else str(name)
    for agent in collection.agents:
        if agent.id == name or agent.root_path.casefold() == root.casefold():
            message = f"the collection has an agent {agent.id} at {agent.root_path}"
            raise _refused("duplicate-agent", message, folder / agent.place.file, "take another name")
    return _agent_file(folder, name, root)


def _agent_file(folder: Path, name: AgentId, root: str) -> tuple[dict[Path, str], list[str]]:
    file = folder / f"{name}.yaml"
    steps = [
        f"edit {file}: role, anchors, files, endpoints",
        f"l9 bind {name}.answer --collection {shlex.quote(str(folder))}",
        f"l9 validate {shlex.quote(str(folder))}",
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
