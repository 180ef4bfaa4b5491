"""Drives the engine on this project's stacks: the `pulumi` program, with its events read from a log."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from l9stack.engine.environment import environment
from l9stack.engine.events import EngineRun, EventFollower
from l9stack.engine.failures import engine_failure
from l9stack.engine.state_files import require_readable
from l9stack.errors import LockedError
from l9stack.files import write_file
from l9stack.model.deployment import UnfinishedDeployment
from l9stack.progress import Progress
from l9stack.project import Project
from l9stack.reading.stack import keeps_no_secret

_LOCKED = re.compile(r"stack is currently locked by|another update is (currently )?in progress", re.IGNORECASE)
"""What the engine says of a stack that somebody else is at, by a file of its backend, or its service."""
_USUAL = "warning: using pulumi-"
"""The engine says so of every run, for its language host and what runs providers are on PATH by intention."""


class StackEngine:
    """One stack of a project."""

    def __init__(
        self, project: Project, stack: str, progress: Progress, extra: Mapping[str, str] | None = None
    ) -> None:
        self._project = project
        self.stack = stack
        self._progress = progress
        self.held = False
        """Whether an operation of this engine has held the stack's lock."""
        # `--event-log`, which the Automation API reads as well, is there only with the debug commands.
        debug = {"PULUMI_DEBUG_COMMANDS": "true"}
        self._environ = {**os.environ, **environment(project, progress), **debug, **(extra or {})}
        if keeps_no_secret(project.root, stack):
            # Its own, whatever passphrase of another stack this shell has.
            self._environ["PULUMI_CONFIG_PASSPHRASE"] = ""

    def add_environ(self, variables: Mapping[str, str]) -> None:
        """Give the engine, and the program that it runs, more variables from now on."""
        self._environ |= variables

    def ensure_stack(self, *, select: bool = False, secrets_provider: str = "") -> None:
        """Make the stack where it is missing.

        A stack that is made is the one that plain `pulumi` uses from then on where `select` says so. Its secrets are
        encrypted by `secrets_provider`, else by the passphrase of the environment.
        """
        self._clear_dead_lock()
        self._require_state()
        if not self._known():
            encrypted = ("--secrets-provider", secrets_provider) if secrets_provider else ()
            done = self._run("stack", "init", self.stack, *(() if select else ("--no-select",)), *encrypted)
            if done.returncode and "already exists" not in done.stderr:
                raise engine_failure(f"the stack {self.stack} could not be made:", _said(done), done.returncode)

    def configure(self, key: str, value: str | None) -> None:
        """Set a value of the stack's file, or take it away."""
        given = ("rm", f"l9stack:{key}") if value is None else ("set", f"l9stack:{key}", value)
        self._call("config", given[0], "--stack", self.stack, *given[1:])

    def _known(self) -> bool:
        """Whether the project's own state holds the stack already; elsewhere the engine has to be asked."""
        if self._environ.get("PULUMI_BACKEND_URL") != self._project.pulumi.as_uri():
            return False
        return any(self._project.pulumi.glob(f".pulumi/stacks/*/{self.stack}.json"))

    def up(self, agents: Iterable[str] = (), backends: Iterable[str] = ()) -> EngineRun:
        """Bring the stack to what the collection says: to these parts, which are noted until they are there."""
        with self._noted(tuple(agents), tuple(backends)):
            return self._operate("up", "--skip-preview", "--yes")

    def preview(self) -> EngineRun:
        """What `up` would change, drift included."""
        return self._operate("preview")

    def destroy(self, kept: Iterable[str] = ()) -> EngineRun:
        """Remove what the stack made, but the resources whose URNs are `kept` and what these lie in."""
        outcome = self._operate("destroy", "--skip-preview", "--yes", *(f"--exclude={urn}" for urn in kept))
        self._note.unlink(missing_ok=True)
        return outcome

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs; empty where it was never deployed."""
        found: dict[str, Any] = json.loads(self._told("stack", "output", "--json") or "{}")
        return found

    def resources(self) -> list[dict[str, Any]]:
        """The resources of the stack's state, secrets encrypted; none where it was never deployed."""
        return list(self._deployment().get("resources") or ())

    def begun(self) -> list[dict[str, Any]]:
        """What an earlier run began to make and was cut off at: it may be there, and is in no state."""
        deployment = self._deployment()
        # What is replaced is known by its URN as well, and by another name or as one whose successor is to come.
        known = {_named(own) for own in deployment.get("resources") or () if not own.get("pendingReplacement")}
        pending = deployment.get("pending_operations") or ()
        begun = [operation["resource"] for operation in pending if operation["type"] == "creating"]
        return [resource for resource in begun if _named(resource) not in known]

    def last_update(self) -> dict[str, Any]:
        """What the engine notes of the last `up`, `refresh` or `destroy`: `kind`, `result`, times; empty before it."""
        found = json.loads(self._told("stack", "history", "--json", "--page-size", "1") or "[]")
        return dict(found[0]) if found else {}

    def failed(self) -> bool:
        """Whether the last deployment failed, or was cut off before the engine could note that; a `destroy` is none."""
        last = self.last_update()
        try:
            noted = datetime.fromisoformat(UnfinishedDeployment.model_validate_json(self._note.read_bytes()).since)
        except (OSError, ValueError):
            noted = None
        if noted and (not last or datetime.fromisoformat(last["startTime"]) < noted):
            return True
        return last.get("kind") == "update" and last.get("result") != "succeeded"

    @property
    def _note(self) -> Path:
        return self._project.deploying / self.stack

    @contextmanager
    def _noted(self, agents: tuple[str, ...], backends: tuple[str, ...]) -> Iterator[None]:
        """Note a deployment until it has ended well: a note that is left is of one that did not, or that goes on."""
        before = self._note.read_bytes() if self._note.is_file() else None
        since = datetime.now(UTC).isoformat(timespec="seconds")
        note = UnfinishedDeployment(since=since, agents=agents, backends=backends)
        write_file(self._note, note.model_dump_json().encode())
        try:
            yield
        except LockedError:  # it is another run's, which goes on
            if before is None:
                self._note.unlink(missing_ok=True)
            else:
                write_file(self._note, before)
            raise
        self._note.unlink(missing_ok=True)

    def stacks(self) -> list[str]:
        """Every stack of the project."""
        self._require_state("*")
        return [entry["name"] for entry in json.loads(self._call("stack", "ls", "--json"))]

    def remove(self) -> None:
        """Forget a destroyed stack and its configuration."""
        self._call("stack", "rm", self.stack, "--yes", "--preserve-config")

    def _deployment(self) -> dict[str, Any]:
        state = json.loads(self._told("stack", "export") or "{}")
        return state.get("deployment") or {}

    def _operate(self, command: str, *options: str) -> EngineRun:
        """Run an operation, telling of each resource as it is done.

        Raises:
            EngineError: the operation failed; the message holds what program and providers said.
            EngineMachineError: it failed for want of memory or room.
            LockedError: another operation of the stack goes on.
        """
        self._clear_dead_lock()
        self._require_state()
        following = EventFollower(self._progress, preview=command == "preview")
        with tempfile.TemporaryDirectory(prefix="l9-events-") as folder:
            log = Path(folder) / "events"
            done = threading.Event()
            reader = threading.Thread(target=following.follow, args=(log, done))
            reader.start()
            arguments = [
                command,
                *options,
                "--stack",
                self.stack,
                "--non-interactive",
                "--color",
                "never",
                "--event-log",
                str(log),
            ]
            process = subprocess.Popen(
                ["pulumi", *arguments],
                cwd=self._project.root,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            try:
                text, _ = process.communicate()
            except KeyboardInterrupt:
                self._progress("stopping: what has begun is finished first; once more ends it at once")
                _interrupted(process)
                raise
            finally:
                done.set()
                reader.join()
                self.held |= following.heard
        if process.returncode:
            lines = list(dict.fromkeys(following.outcome.diagnostics)) or [
                line for line in text.strip().splitlines()[-12:] if _USUAL not in line
            ]
            failure = engine_failure(f"pulumi {command} of stack {self.stack} failed:", lines, process.returncode)
            raise LockedError(self._holder() or str(failure)) if _LOCKED.search(str(failure)) else failure
        return following.outcome

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self._project.root,
            env=self._environ,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def _call(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode:
            raise engine_failure(f"pulumi {' '.join(arguments)} failed:", _said(done), done.returncode)
        return done.stdout

    def _told(self, *arguments: str) -> str:
        """What the engine says of the stack; empty where it has no such stack."""
        self._require_state()
        done = self._run(*arguments, "--stack", self.stack)
        if "no stack named" in done.stderr:
            return ""
        if done.returncode:
            raise engine_failure(f"stack {self.stack} could not be read:", _said(done), done.returncode)
        return done.stdout

    def _require_state(self, stack: str = "") -> None:
        """Refuse a state that the engine cannot read, with what lies beside it."""
        if self._environ.get("PULUMI_BACKEND_URL") == self._project.pulumi.as_uri():
            for path in sorted(self._project.pulumi.glob(f".pulumi/stacks/*/{stack or self.stack}.json")):
                require_readable(path)

    def _holder(self) -> str:
        """Who holds the stack, where a lock of this project's own state says so."""
        for path in self._project.pulumi.glob(f".pulumi/locks/organization/*/{self.stack}/*.json"):
            with suppress(OSError, ValueError, KeyError):
                lock = json.loads(path.read_text())
                holder = f"process {lock['pid']} on {lock['hostname']} since {lock['timestamp']}"
                return f"stack {self.stack} is held by {holder}: run again when that has ended"
        return ""

    def _clear_dead_lock(self) -> None:
        """Remove the stack's lock where the process on this host that held it is dead; say so."""
        if self._environ.get("PULUMI_BACKEND_URL") != self._project.pulumi.as_uri():
            return
        for path in self._project.pulumi.glob(f".pulumi/locks/organization/*/{self.stack}/*.json"):
            try:
                lock = json.loads(path.read_text())
                pid, host = int(lock["pid"]), str(lock["hostname"])
            except (OSError, ValueError, KeyError):
                continue
            if host == os.uname().nodename and not _runs(pid):
                path.unlink(missing_ok=True)
                self._progress(f"removed the stack's lock: its process {pid} is no longer there")


def _said(done: subprocess.CompletedProcess[str]) -> list[str]:
    return (done.stderr.strip() or done.stdout.strip()).splitlines()


def _named(resource: Mapping[str, Any]) -> tuple[str, Any]:
    return resource["urn"], (resource.get("inputs") or {}).get("name")


def _interrupted(process: subprocess.Popen[str]) -> None:
    """Ask the engine to stop, which finishes and records what runs; each further interruption is its own to weigh."""
    while True:
        process.send_signal(signal.SIGINT)
        with suppress(KeyboardInterrupt):
            process.communicate()
            return


def _runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
