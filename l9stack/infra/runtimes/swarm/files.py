"""Files of a swarm's services: secrets and configs of the cluster, which no service ever sees change.

Both are immutable, so the name of each holds a digest of what it holds: another content is another secret, made before
the service is updated, and the old one is removed when nothing uses it any more.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from l9stack.infra.container_specs import Container, File, FileContent
from l9stack.infra.resources import Password
from l9stack.infra.runtimes.containers.spec import CONFIG, PUBLIC_KEYS
from l9stack.infra.runtimes.docker.container_resources import ContainerNames, keyed_digest
from l9stack.project import Project

_SHARED = (CONFIG, PUBLIC_KEYS)
_NOT_YET = "to be made"
"""Stands for what a first preview cannot know."""


@dataclass(frozen=True)
class ServiceFiles:
    """The files of one service."""

    secrets: Sequence[docker.ServiceTaskSpecContainerSpecSecretArgs]
    configs: Sequence[docker.ServiceTaskSpecContainerSpecConfigArgs]


class SwarmFiles:
    """The secrets and configs of one stack; a config that several services read is there once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seal: pulumi.Output[str] | None = None
        self._configs: dict[str, docker.ServiceConfig] = {}

    def brought(
        self,
        name: str,
        spec: Container,
        contents: Mapping[str, FileContent],
        scene: ContainerNames,
        after: Sequence[pulumi.Resource],
    ) -> ServiceFiles:
        """All files of a container; `contents` by their names."""
        secrets, configs = [], []
        for file in spec.files:
            content, ending = contents[file.name], re.sub(r"[^a-z0-9]+", "-", file.name.lower())
            if content.secret is not None:
                secrets.append(self._secret(f"{name}-{ending}", file, content.secret, spec.user, scene))
            else:
                owner = scene.collection if file.name in _SHARED else name
                configs.append(self._config(f"{owner}-{ending}", file, content, scene, after))
        return ServiceFiles(secrets, configs)

    def _secret(
        self, name: str, file: File, content: pulumi.Input[str], user: str, scene: ContainerNames
    ) -> docker.ServiceTaskSpecContainerSpecSecretArgs:
        """A file that only `user` of the container can read."""
        data = pulumi.Output.secret(content)
        named = pulumi.Output.all(self._sealing(scene), data).apply(lambda both: keyed_digest(both[0], both[1])[:12])
        made = docker.Secret(
            name,
            name=pulumi.Output.concat(_short(scene.named(name)), "-", pulumi.Output.unsecret(named)),
            data=data.apply(_encoded),
            labels=[docker.SecretLabelArgs(label=key, value=value) for key, value in sorted(scene.labels.items())],
            opts=_made_first(scene),
        )
        owner, _, group = user.partition(":")
        return docker.ServiceTaskSpecContainerSpecSecretArgs(
            secret_id=made.id,
            secret_name=made.name,
            file_name=file.path,
            file_uid=owner,
            file_gid=group,
            file_mode=0o400,
        )

    def _config(
        self, name: str, file: File, content: FileContent, scene: ContainerNames, after: Sequence[pulumi.Resource]
    ) -> docker.ServiceTaskSpecContainerSpecConfigArgs:
        """A file of the project that everybody in the container can read.

        It is read once `after` is there, and again when its digest is another one: what that leaves out on purpose
        may differ.
        """
        key = f"{name}-{content.digest}"
        if key not in self._configs:
            path = self._project.root / content.path
            written = pulumi.Output.all(*(resource.urn for resource in after))
            self._configs[key] = docker.ServiceConfig(
                name,
                name=f"{_short(scene.named(name))}-{content.digest[:12]}".replace(" ", "-"),
                data=written.apply(lambda _: _encoded_file(path)),
                labels=[
                    docker.ServiceConfigLabelArgs(label=key, value=value) for key, value in sorted(scene.labels.items())
                ],
                opts=_made_first(scene, ignore_changes=["data"]),
            )
        made = self._configs[key]
        return docker.ServiceTaskSpecContainerSpecConfigArgs(
            config_id=made.id, config_name=made.name, file_name=file.path, file_mode=0o444
        )

    def _sealing(self, scene: ContainerNames) -> pulumi.Output[str]:
        if self._seal is None:
            own = pulumi.ResourceOptions(parent=scene.parent)
            self._seal = Password(f"{scene.collection}-seal", own).value
        return self._seal


def read_now(path: Path) -> str:
    """The text of a file that `up` has made; a first preview has none."""
    return path.read_text(encoding="utf-8") if path.is_file() else _NOT_YET


def digest_now(path: Path) -> str:
    """Tells one content of such a file from the next."""
    return hashlib.sha256(read_now(path).encode()).hexdigest()


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _encoded_file(path: Path) -> str:
    return _encoded(read_now(path))


def _short(name: str) -> str:
    """Names of secrets and configs end after 64 characters, of which a digest takes 13."""
    return name if len(name) <= 51 else f"{name[:42]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _made_first(scene: ContainerNames, ignore_changes: list[str] | None = None) -> pulumi.ResourceOptions:
    """Without a word the provider removes what it replaces first, which services still use."""
    return pulumi.ResourceOptions(parent=scene.parent, delete_before_replace=False, ignore_changes=ignore_changes)
