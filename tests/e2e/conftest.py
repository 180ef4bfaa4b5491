"""A project of its own for each file of tests: the real engine, real servers, real agents."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from l9stack.agent.backends import BackendUrls
from l9stack.engine import find
from l9stack.local.client import SupervisorClient

REPOSITORY = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("l9")
SECONDS = 240
CLAIM = {
    "claim_id": "C-1001",
    "parcel_id": "P-77",
    "service_level": "express",
    "declared_value": 480,
    "days_since_delivery": 2,
}
"""What the example's first agent is asked, everywhere."""


@dataclass(frozen=True)
class Deployed:
    """A project folder, one of its stacks, and the command line in it."""

    root: Path
    stack: str = "dev"
    seconds: int = SECONDS
    """How long one command may take."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """What every command's environment has beside this process's own."""
    command: Path = COMMAND

    def run(self, *arguments: str, expect: int | None = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run `l9`; its exit code has to be the expected one, where one is expected."""
        done = subprocess.run(
            [str(self.command), *arguments],
            cwd=self.root,
            env={**os.environ, **self.environ, **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=self.seconds,
        )
        if expect is not None:
            assert done.returncode == expect, f"l9 {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    def data(self, *arguments: str, expect: int | None = 0) -> Any:
        """What a command prints with `--json`."""
        return json.loads(self.run(*arguments, "--json", expect=expect).stdout)

    def pulumi(self, *arguments: str, **environ: str) -> str:
        """Plain Pulumi in the environment that `l9 env` prints; its output."""
        script = f'eval "$({shlex.quote(str(self.command))} env)" && exec pulumi "$@" --non-interactive --color never'
        done = subprocess.run(
            ["bash", "-c", script, "pulumi", *arguments],
            cwd=self.root,
            env={**os.environ, **self.environ, **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=self.seconds,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def previewed(self, *options: str) -> list[str]:
        """The names of what plain `pulumi preview` would change, components aside."""
        steps = json.loads(self.pulumi("preview", "--json", *options))["steps"]
        changed = [step for step in steps if step["op"] not in ("same", "read", "refresh")]
        return sorted(f"{step['op']} {step['urn'].rsplit('::', 1)[-1]}" for step in changed)

    def state(self) -> dict[str, Any]:
        """The program's resources in the stack's state, by name."""
        found = json.loads(self.pulumi("stack", "export", "--stack", self.stack))["deployment"]["resources"]
        return {resource["urn"].rsplit("::", 1)[-1]: resource for resource in found}

    def pids(self, stack: str = "dev") -> dict[str, int]:
        """The process of each running agent."""
        return {a.agent: a.pid for a in self.runtime.status().agents if a.stack == stack and a.state == "running"}

    @property
    def runtime(self) -> SupervisorClient:
        """The project's local runtime."""
        return SupervisorClient(self.root / ".l9" / "run")

    def backends(self, stack: str = "dev") -> BackendUrls:
        """The URLs of a stack's backends."""
        return self.runtime.namespace(stack)

    @property
    def view(self) -> Path:
        """The published extraction of the example."""
        return self.root / self.pulumi("stack", "output", "extraction", "--stack", self.stack).strip()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A copy of what a clone holds beside the package; its servers are gone afterwards."""
    if find() is None:
        pytest.skip("the Pulumi engine is not here: `l9 engine` obtains it")
    # Not below the suite's own folder, which other users cannot pass: the database runs as one where we are root.
    root = tmp_path_factory.mktemp("project")
    copy_clone(root)
    deployed = Deployed(root)
    yield deployed
    deployed.run("down", "--all-stacks", "--purge", "--yes")
    assert not left_behind(root)


def copy_clone(root: Path) -> None:
    """What a clone holds beside the package, as the folder of a project."""
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"):
        shutil.copy(REPOSITORY / name, root / name)
    shutil.copytree(REPOSITORY / "input_schemas", root / "input_schemas", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPOSITORY / "templates" / "meta", root / "templates" / "meta")


def left_behind(root: Path) -> list[str]:
    """Processes whose command line or environment names the project."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        if int(folder.name) in (os.getpid(), os.getppid()):
            continue
        try:
            named = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            if str(root).encode() in named:
                found.append(f"{folder.name} {(folder / 'cmdline').read_bytes().decode(errors='replace')}")
        except OSError:
            continue
    return found


def killed_at(stack: Deployed, moment: str) -> None:
    """Begin an `up`, and kill everything that runs for the project as soon as it tells of a moment."""
    log = stack.root / "up.log"
    with log.open("wb") as file:
        command = [str(COMMAND), "up", "--stack", stack.stack]
        begun = subprocess.Popen(command, cwd=stack.root, env={**os.environ, **stack.environ}, stdout=file, stderr=file)
    ends = time.monotonic() + 300
    while moment not in log.read_text(errors="replace"):
        assert begun.poll() is None and time.monotonic() < ends, log.read_text(errors="replace")
        time.sleep(0.02)
    begun.kill()
    begun.wait()
    while running := left_behind(stack.root):
        for line in running:
            with suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)
        time.sleep(0.1)
