"""Finds the Pulumi engine, or obtains it: from PATH, by the official installer, or built from its pinned Go modules."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from l9stack.engine import build
from l9stack.errors import EngineError
from l9stack.files import home_folder
from l9stack.progress import Progress

VERSION = "3.256.0"
INSTALL_SECONDS = 90
LANGUAGE_HOST = "pulumi-language-python"


@dataclass(frozen=True, slots=True)
class EngineBinary:
    """An engine: `folders` go first on PATH, so that it finds its language host; `source` says where it comes from."""

    pulumi: Path
    version: str
    source: str
    folders: tuple[Path, ...]


def cache_folder() -> Path:
    """Where an obtained engine lies: the user's cache, keyed by version and platform."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or home_folder() / ".cache")
    return base / "l9stack" / "engine" / f"{VERSION}-{platform.system()}-{platform.machine()}".lower()


def find() -> EngineBinary | None:
    """An engine that is there already: `L9_PULUMI`, PATH, or the cache."""
    named = os.environ.get("L9_PULUMI")
    if named:
        path = Path(named)
        if not path.is_file():
            raise EngineError(f"L9_PULUMI names {named}, which is no file")
        return _engine(path, "L9_PULUMI")
    cached = cache_folder() / "bin" / "pulumi"
    on_path = shutil.which("pulumi")
    if on_path and Path(on_path).resolve() != cached.resolve():
        return _engine(Path(on_path), "PATH")
    # The cache is keyed by version: nobody needs to be asked for it.
    return EngineBinary(cached, VERSION, "cache", (cached.parent,)) if cached.is_file() else None


def obtain(progress: Progress) -> EngineBinary:
    """An engine with a Python language host; obtained where it is missing.

    `L9_ENGINE` may be `install` or `build` to allow only that way.

    Raises:
        EngineError: there is none and none could be obtained; the message says what was tried, and what helps.
    """
    return _with_language_host(_obtain_engine(progress), progress)


def _obtain_engine(progress: Progress) -> EngineBinary:
    if found := find():
        return found
    build.make_cache(cache_folder().parent)
    way = os.environ.get("L9_ENGINE", "")
    tried: list[str] = []
    if way in ("", "install"):
        try:
            _install(progress)
        except EngineError as error:
            tried.append(f"the official installer: {error}")
    if find() is None and way in ("", "build"):
        try:
            build.build_engine(cache_folder(), VERSION, progress)
        except EngineError as error:
            tried.append(f"building from Go modules: {error}")
    found = find()
    if found is None:
        steps = "\n".join(f"  - {line}" for line in tried)
        raise EngineError(
            f"no Pulumi engine here.\n{steps}\n"
            "Install Pulumi (see pulumi.com/docs/install) so that `pulumi` is on PATH, or set L9_PULUMI to it, "
            "or install Go 1.24 or later, and run the command again."
        )
    return found


def _with_language_host(engine: EngineBinary, progress: Progress) -> EngineBinary:
    """The engine with a folder that holds its Python language host; the host is built where there is none."""
    path = os.pathsep.join([*map(str, engine.folders), os.environ.get("PATH", "")])
    if shutil.which(LANGUAGE_HOST, path=path):
        return engine
    folder = cache_folder() / "language"
    if not (folder / LANGUAGE_HOST).is_file():
        build.build_language_host(folder, progress)
    return EngineBinary(engine.pulumi, engine.version, engine.source, (*engine.folders, folder))


def _engine(path: Path, source: str) -> EngineBinary:
    try:
        shown = subprocess.run([str(path), "version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(f"{path} does not run: {error}") from error
    return EngineBinary(path, shown.strip().lstrip("v"), source, (path.parent,))


def _install(progress: Progress) -> None:
    """The official installer, through the SDK; it fails fast without a network."""
    progress("no Pulumi engine found: trying the official installer")
    import sys

    target = cache_folder()
    scratch = target.with_name(f"{target.name}.installing-{os.getpid()}")
    code = (
        "import sys; from pulumi.automation import PulumiCommand; from semver import VersionInfo; "
        "PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(scratch), VERSION], capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
        if done.returncode == 0 and (scratch / "bin" / "pulumi").is_file():
            # Program by program: another process may have built some of them meanwhile, and run them.
            (target / "bin").mkdir(parents=True, exist_ok=True)
            for program in (scratch / "bin").iterdir():
                program.replace(target / "bin" / program.name)
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"no end after {INSTALL_SECONDS} s") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if done.returncode or not (target / "bin" / "pulumi").is_file():
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        progress(f"the installer could not be used: {last[:160]}")
        raise EngineError(last[:200])
