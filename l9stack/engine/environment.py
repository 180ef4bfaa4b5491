"""The environment in which the engine runs this project: the same for `l9 up` and for plain `pulumi up`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from l9stack.agent._security.proxies import loopback_exempt
from l9stack.engine.find import obtain
from l9stack.extras import require_extra
from l9stack.files import home_folder
from l9stack.progress import Progress
from l9stack.project import Project


def environment(project: Project, progress: Progress) -> dict[str, str]:
    """Variables to set, in order; what the user has set already for state and secrets stays as it is.

    Raises:
        InstallationError: the program that the engine is to run would not start.
    """
    require_extra("deploy")
    engine = obtain(progress)
    # The interpreter's own folder comes first: the language host takes the first `python` on PATH.
    first = [str(Path(sys.executable).parent), *map(str, engine.folders)]
    rest = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part and part not in first]
    variables = {
        "PATH": os.pathsep.join([*first, *rest]),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # An installed but unused provider package would ask for its plugin at every command.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": os.environ.get(
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true"
        ),
        "PULUMI_PYTHON_CMD": sys.executable,
        # The engine, the program and its providers speak to each other over loopback, and take a proxy for that, too.
        **loopback_exempt(os.environ),
        **_identity(project),
    }
    if not _own_backend():
        project.pulumi.mkdir(parents=True, exist_ok=True)
        variables["PULUMI_BACKEND_URL"] = project.pulumi.as_uri()
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        # The dev stack holds no secret, so its provider needs none; staging and prod name a provider of their own.
        variables["PULUMI_CONFIG_PASSPHRASE"] = ""
    return variables


def _identity(project: Project) -> dict[str, str]:
    """A home and a name, which the engine wants: for a user whom a container made up, or whose home is another's."""
    if home_folder().is_dir():
        return {}
    project.home.mkdir(parents=True, exist_ok=True)
    return {"HOME": str(project.home), "USER": os.environ.get("USER") or str(os.geteuid())}


def _own_backend() -> bool:
    """Whether the user chose where state goes."""
    if os.environ.get("PULUMI_BACKEND_URL") or os.environ.get("PULUMI_ACCESS_TOKEN"):
        return True
    home = Path(os.environ.get("PULUMI_HOME") or home_folder() / ".pulumi")
    credentials = home / "credentials.json"
    return (
        credentials.is_file()
        and '"current": ""' not in credentials.read_text()
        and '"current"' in credentials.read_text()
    )
