"""Programs of the machine, run to their end within a bound."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SECONDS = 900


class MissingError(Exception):
    """Something that the images are made with is not on this machine; the message says what, and how to get it."""


class FailedError(Exception):
    """A program failed; the message has the end of what it said."""


def run(
    *arguments: str | Path,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
    data: int | None = None,
) -> str:
    """Run a program, with `data` (a descriptor) as its input; its standard output.

    Raises:
        FailedError: it failed, or took longer than `SECONDS`.
    """
    shown = " ".join(map(str, arguments))
    try:
        done = subprocess.run(
            arguments,
            cwd=folder,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL if data is None else data,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise FailedError(f"{shown}: no end after {SECONDS} s") from error
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise FailedError(f"{shown} ended with {done.returncode}:\n{said}")
    return done.stdout


def docker(*arguments: str | Path, data: int | None = None) -> str:
    """Run the Docker command line; its standard output. The classic builder is used, which needs no plugin."""
    return run("docker", *arguments, environ={"DOCKER_BUILDKIT": "0"}, data=data)


def need(program: str, advice: str) -> None:
    """Raise MissingError where a program is not on PATH."""
    if shutil.which(program) is None:
        raise MissingError(f"{program} is missing: {advice}")


def engine_is_there() -> None:
    """Raise MissingError where no Docker engine answers."""
    need("docker", "install Docker's command line")
    try:
        docker("version", "--format", "{{.Server.Version}}")
    except FailedError as error:
        raise MissingError(f"no Docker engine answers: {str(error).splitlines()[-1]}") from error


def say(message: str) -> None:
    """Progress, for people."""
    print(f"images: {message}", file=sys.stderr, flush=True)
