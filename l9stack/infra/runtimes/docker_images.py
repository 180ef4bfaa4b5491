"""Images of agents: a base with Python and the agents' library, and on it the generated files of one agent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pulumi
import pulumi_docker as docker

from l9stack.infra import deployed
from l9stack.infra.runtimes.base import AgentSpec
from l9stack.output.store import Store
from l9stack.project import Project

_HERE = Path(__file__).parent
_PACKAGE = _HERE.parents[1]


class AgentImages:
    """The base is made or pulled once; each agent adds its store entry, so that one schema rebuilds one image.

    A tag names everything that is in its image: the provider compares an image's inputs, and a container's image name.
    """

    def __init__(self, collection: str, base: str, parent: pulumi.Resource) -> None:
        self._project = Project.find()
        self._collection, self._parent = collection, parent
        self._after: pulumi.Resource
        self._own: dict[str, tuple[pulumi.Output[str], docker.Image]] = {}
        if base:
            pulled = docker.RemoteImage(
                f"{collection}-agent-base", name=base, keep_locally=True, opts=pulumi.ResourceOptions(parent=parent)
            )
            self.base, self._after = pulled.repo_digest, pulled
        else:
            built = self._image(f"{collection}-agent-base", "l9stack-agent-base", _package_digest(), "base", _PACKAGE)
            self.base, self._after = built.image_name, built

    def of(self, name: str, spec: AgentSpec, parent: pulumi.Resource) -> pulumi.Output[str]:
        """The image of one agent; one that has functions of the user's own stands on an image that holds them."""
        base, after = self._with_own(spec) if spec.folder else (self.base, self._after)
        entry = Store(self._project).folder / spec.digest
        tag = base.apply(lambda below: _digest([below.encode(), spec.digest.encode()]))
        return self._image(f"{name}-image", name, tag, "agent", entry, base, after, parent).image_name

    def _with_own(self, spec: AgentSpec) -> tuple[pulumi.Output[str], docker.Image]:
        if spec.folder not in self._own:
            name, folder = f"{self._collection}-own", self._project.root / spec.folder
            tag = self.base.apply(lambda below: _digest([below.encode(), spec.implementations.encode()]))
            image = self._image(f"{name}-image", name, tag, "own", folder, self.base, self._after)
            self._own[spec.folder] = image.image_name, image
        return self._own[spec.folder]

    def _image(
        self,
        resource: str,
        name: str,
        tag: pulumi.Input[str],
        dockerfile: str,
        context: Path,
        base: pulumi.Output[str] | None = None,
        after: pulumi.Resource | None = None,
        parent: pulumi.Resource | None = None,
    ) -> docker.Image:
        # No platform is named: an image is for the machine of the engine that builds it.
        return docker.Image(
            resource,
            image_name=pulumi.Output.concat(name.replace("_", "-").rstrip("-"), ":", tag),
            skip_push=True,
            build=docker.DockerBuildArgs(
                context=self._shown(context),
                dockerfile=self._shown(_HERE / f"{dockerfile}.Dockerfile"),
                args={"BASE": base} if base is not None else None,
            ),
            opts=pulumi.ResourceOptions(parent=parent or self._parent, depends_on=[after] if after else None),
        )

    def _shown(self, path: Path) -> str:
        return deployed.shown(self._project, path)


def _package_digest() -> str:
    """A digest of what the base is made of."""
    own = [_HERE / "base.Dockerfile", _HERE / "agent_requirements.txt", _PACKAGE / "__init__.py"]
    return _digest(file.read_bytes() for file in (*own, *sorted((_PACKAGE / "agent").rglob("*.py"))))


def _digest(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:12]
