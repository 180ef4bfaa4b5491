"""The extras of this distribution: what each needs, what of it is missing, and the command that installs it.

All of it is read from the metadata that the installation brought along: `pyproject.toml` says it once.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from l9stack.errors import InstallationError, Problem

DISTRIBUTION = "l9stack"
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*).*;.*\bextra == ['\"](?P<extra>[^'\"]+)['\"]")


@cache
def extras() -> Mapping[str, tuple[str, ...]]:
    """The distributions that each extra needs, sorted; the extra with the fewest comes first."""
    needs: dict[str, set[str]] = {}
    for line in importlib.metadata.requires(DISTRIBUTION) or ():
        if found := _REQUIREMENT.match(line):
            needs.setdefault(found["extra"], set()).add(found["name"])
    ordered = sorted(needs.items(), key=lambda item: (len(item[1]), item[0]))
    return MappingProxyType({extra: tuple(sorted(names)) for extra, names in ordered})


def missing_distributions(extra: str) -> tuple[str, ...]:
    """What an extra needs and this environment does not have."""
    return tuple(name for name in extras()[extra] if not _installed(name))


def install_command(extra: str) -> str:
    """What adds an extra to this environment, as a line for a shell.

    An installation from a file or a folder names that again, for no package index may have this version.
    """
    source = _source()
    folder = source is not None and source.is_dir()
    wanted = f"{source or DISTRIBUTION}[{extra}]"
    return f"{_installer()} install {'-e ' if folder else ''}{shlex.quote(wanted) if source else repr(wanted)}"


def require_extra(extra: str) -> None:
    """Refuse to begin what would end without an extra, as obtaining the engine without Pulumi's SDK.

    Raises:
        InstallationError: with what is missing, and the command that installs it.
    """
    if missing := missing_distributions(extra):
        raise _lacking(missing, extra)


def installation_error(error: ModuleNotFoundError, preferred: str = "") -> InstallationError | None:
    """What to tell of an import that failed because an extra is not installed; None where that is not the reason.

    `preferred` is the extra that the command needs: where it brings the module too, one installation is enough.
    """
    distribution = distribution_of((error.name or "").partition(".")[0])
    if not distribution or _installed(distribution):
        return None
    having = [extra for extra, names in extras().items() if distribution in names]
    extra = preferred if preferred in having else having[0]
    return _lacking((distribution,), extra)


def distribution_of(module: str) -> str:
    """The distribution of an extra that brings a top-level module; empty where none does.

    A module that is not installed cannot tell whose it is, so its name has to: `jwt` is of `pyjwt`.
    """
    known = {_folded(name): name for names in extras().values() for name in names}
    return next((known[name] for name in (_folded(module), f"py{_folded(module)}") if name in known), "")


def _lacking(missing: Sequence[str], extra: str) -> InstallationError:
    shown = missing[0] if len(missing) == 1 else f"{missing[0]} and {len(missing) - 1} more"
    message = f"not installed: {shown}, of the extra `{extra}`"
    return InstallationError([Problem("missing-extra", message, hint=install_command(extra))])


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _source() -> Path | None:
    """The file or folder on this machine that it was installed from; None where it came from an index."""
    said = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    address = urlsplit(json.loads(said)["url"]) if said else None
    path = Path(unquote(address.path)) if address and address.scheme == "file" else None
    return path if path and path.exists() else None


def _installer() -> str:
    """The program that installs into this environment; plain `pip` only where a shell finds that one."""
    if importlib.util.find_spec("pip") is None:
        return f"uv pip --python {shlex.quote(sys.executable)}"
    beside = Path(sys.executable).parent
    found = shutil.which("pip")
    return "pip" if found and Path(found).parent == beside else f"{shlex.quote(sys.executable)} -m pip"
