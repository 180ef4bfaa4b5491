"""Where a project keeps things: everything that l9stack writes beside its output lies below `.l9/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a `Pulumi.yaml` or a `.l9`; `root` is absolute."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The nearest folder upward from `start` (default: the working directory) that is a project, else `start`."""
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "Pulumi.yaml").is_file() or (folder / ".l9").is_dir():
                return cls(folder)
        return cls(here)

    def shown(self, path: Path) -> str:
        """A path as state and people see it: relative to the project where it lies inside."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    @property
    def state(self) -> Path:
        """The folder of all that follows."""
        return self.root / ".l9"

    @property
    def store(self) -> Path:
        """Generated parts, by digest."""
        return self.state / "store"

    @property
    def rendered(self) -> Path:
        """Which parts each plan was rendered to, by the digest of all that it is rendered from."""
        return self.state / "rendered"

    @property
    def releases(self) -> Path:
        """The inputs of what was deployed, by digest."""
        return self.state / "releases"

    @property
    def evidence(self) -> Path:
        """Measured records, by digest."""
        return self.state / "evidence"

    @property
    def keys(self) -> Path:
        """Private keys; 0700, files 0600."""
        return self.state / "keys"

    @property
    def locks(self) -> Path:
        """One lock file per collection."""
        return self.state / "locks"

    @property
    def run(self) -> Path:
        """The local runtime: socket, ports, logs, data."""
        return self.state / "run"

    @property
    def patches(self) -> Path:
        """Hand edits that were set aside."""
        return self.state / "patches"

    @property
    def pulumi(self) -> Path:
        """Pulumi's file backend."""
        return self.state / "pulumi"

    @property
    def views(self) -> Path:
        """For each collection, which folder is its published extraction."""
        return self.state / "views"

    @property
    def packages(self) -> Path:
        """Third-party packages of collections, installed from their locks, by digest."""
        return self.state / "packages"

    @property
    def images(self) -> Path:
        """What images are built from, by digest."""
        return self.state / "images"

    @property
    def preflight(self) -> Path:
        """By stack, the logs of preflights that failed."""
        return self.state / "preflight"

    @property
    def leases(self) -> Path:
        """By server of this machine, the stacks that use it."""
        return self.state / "leases"

    @property
    def deploying(self) -> Path:
        """By stack, since when a deployment goes on; what is left was cut off."""
        return self.state / "deploying"

    @property
    def home(self) -> Path:
        """The engine's home, where the user has none of its own."""
        return self.state / "home"

    def deployment(self, stack: str) -> Path:
        """Where a stack's config, manifest and readiness lie, for people and agents."""
        return self.root / "deployments" / stack
