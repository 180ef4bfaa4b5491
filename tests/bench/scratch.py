"""Temporary projects, and programs run in them for as long as they may take; nothing that was started is left."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from l9stack.errors import L9Error
from l9stack.local.client import SupervisorClient
from l9stack.project import Project

REPOSITORY = Path(__file__).parents[2]
COLLECTION = "input_schemas/claims_desk"
COMMAND = Path(sys.executable).with_name("l9")
SECONDS, END_SECONDS = 240, 30
Say = Callable[[str], None]


class UnmeasuredError(Exception):
    """Something could not be measured; the message says why."""


def run(arguments: list[str], folder: Path, environ: Mapping[str, str] | None = None) -> str:
    """Run a program to its end; its standard output.

    Raises:
        UnmeasuredError: it failed, or took longer than `SECONDS`, and then it was ended with what it started.
    """
    process = subprocess.Popen(
        arguments,
        cwd=folder,
        env=dict(os.environ if environ is None else environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=SECONDS)
    except BaseException as error:
        _end(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise UnmeasuredError(f"{shown(arguments)}: no end after {SECONDS} s") from error
        raise
    if process.returncode:
        said = "\n".join((out + err).strip().splitlines()[-8:])
        raise UnmeasuredError(f"{shown(arguments)} ended with {process.returncode}:\n{said}")
    return out


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupt a program, so that it ends what it started itself; kill its group where it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def timed(arguments: list[str], folder: Path, environ: Mapping[str, str] | None = None) -> float:
    """The seconds that a program takes as a whole process."""
    began = time.perf_counter()
    run(arguments, folder, environ)
    return time.perf_counter() - began


def shown(arguments: list[str]) -> str:
    """A command line without its folder."""
    return " ".join([Path(arguments[0]).name, *arguments[1:]])


class Scratch:
    """A project of its own: a copy of what a clone holds beside the package."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = Project(root)
        for path in (*REPOSITORY.glob("Pulumi*.yaml"), REPOSITORY / "__main__.py"):
            shutil.copy(path, root / path.name)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / "input_schemas", root / "input_schemas", ignore=ignored)

    def l9(self, *arguments: str) -> str:
        """What `l9` prints."""
        return run([str(COMMAND), *arguments], self.root)

    def timed(self, *arguments: str) -> float:
        """The seconds that `l9` takes."""
        return timed([str(COMMAND), *arguments], self.root)

    def forget_stacks(self) -> None:
        """Take everything down, so that the next `up` is a first one; the extraction stays known."""
        if self.project.run.is_dir():
            self.l9("down", "--all-stacks", "--purge", "--yes")
        shutil.rmtree(self.project.pulumi, ignore_errors=True)
        shutil.rmtree(self.root / "deployments", ignore_errors=True)

    def close(self) -> None:
        """Take everything down, and end the project's own servers where that did not."""
        if self.project.run.is_dir():
            with contextlib.suppress(UnmeasuredError):
                self.l9("down", "--all-stacks", "--purge", "--yes")
            with contextlib.suppress(L9Error):
                if daemon := SupervisorClient.find(self.project.run):
                    daemon.shutdown(purge=True)
        shutil.rmtree(self.root, ignore_errors=True)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder that other users may pass: a database runs as one of them where we are root."""
    made = Path(tempfile.mkdtemp(prefix="l9-bench-")).resolve()
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
