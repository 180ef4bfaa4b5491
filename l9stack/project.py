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

    def deployment(self, stack: str) -> Path:
        """Where a stack's config, manifest and readiness lie, for people and agents."""
        return self.root / "deployments" / stack
