"""`linkexisting` of agents that require it: what they link has to be there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec
from l9stack.names import name_key

_LIBRARY = ("L9/core/governance", "L9/core/packetprotocol", "L9/core/memorymanager")
"""What `l9stack.agent` takes the place of (CONTRACTS section 1)."""
_MARK = "Pulumi.yaml"


def check_links(agents: tuple[AgentSpec, ...], root: Path, problems: list[Problem]) -> None:
    """Collect required links that are in no agent of the collection, not in the library, and not in the project."""
    folders = [root / "implementations", *_up_to_project(root)]
    for agent in agents:
        for number, link in enumerate(agent.link_existing if agent.link_existing_required else ()):
            path = link.removesuffix(".py").strip("/")
            if _generated(path, agents) or _in_library(path) or any(_there(folder, path) for folder in folders):
                continue
            place = agent.places.get(f"cursorinstructions.linkexisting.{number}", agent.place)
            message = f"{agent.id} requires {link}, which is neither generated, nor in the library, nor in the project"
            hint = "correct the path, put the module there, or drop `linkexisting_mode: require`: it is a contract then"
            problems.append(Problem("missing-link", message, place, hint))


def _up_to_project(root: Path) -> Iterable[Path]:
    """The folder and those above it, up to the project's own."""
    for folder in (root, *root.absolute().parents):
        yield folder
        if (folder / _MARK).is_file():
            return


def _generated(path: str, agents: Iterable[AgentSpec]) -> bool:
    wanted = path.removesuffix("/*")
    for agent in agents:
        modules = [f"{agent.root_path}/{file.removesuffix('.py')}" for file in agent.generate_files]
        if wanted == agent.root_path or any(name == wanted or name.startswith(f"{wanted}/") for name in modules):
            return True
    return False


def _in_library(path: str) -> bool:
    return name_key(path) in {name_key(name) for name in _LIBRARY}


def _there(folder: Path, path: str) -> bool:
    """Whether a module, a folder, or anything that the wildcard matches is below a folder."""
    if ".." in path.split("/") or not folder.is_dir():
        return False
    return any(folder.glob(path)) or any(folder.glob(f"{path}.py"))
