"""One Dockerfile with a stage for each image of a stack: Compose builds an image from a stage, in its order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from l9stack.files import files_below
from l9stack.infra.runtimes.containers.image_contexts import BuildContext, digest_of

_FROM = re.compile(r"FROM \$\{(?:BASE|PYTHON)\}(?: AS (?P<name>[a-z]+))?")
_COPY = re.compile(r"COPY (?:--from=(?P<stage>[a-z]+) )?(?P<source>\S+) (?P<target>\S+)")


@dataclass
class Stages:
    """Images, each on one below; `files` are what they are built from, by path beside the Dockerfile."""

    files: dict[str, bytes] = field(default_factory=dict)
    _text: list[str] = field(default_factory=list)
    _digests: dict[str, str] = field(default_factory=dict)

    def pulled(self, name: str, image: str) -> str:
        """A stage that is an image of somebody else's; its name."""
        self._text.append(f"FROM {image} AS {name}\n")
        self._digests[name] = digest_of([image.encode()])
        return name

    def add(self, name: str, context: BuildContext, below: str) -> str:
        """The stage of a context, on another stage or on an image by its name; the stage's name."""
        lines = context.dockerfile.read_text(encoding="utf-8").splitlines()
        self._text.append("\n".join(_renamed(lines, name, below)) + "\n")
        for path in files_below(context.folder):
            if path != context.dockerfile.name:
                self.files[f"{name}/{path}"] = (context.folder / path).read_bytes()
        self._digests[name] = digest_of([self._digests.get(below, below).encode(), context.digest.encode()])
        return name

    def once(self, name: str, context: BuildContext, below: str) -> str:
        """The stage, added where it is not there."""
        return name if name in self._digests else self.add(name, context, below)

    def digest(self, name: str) -> str:
        """Tells everything that is in a stage, and below it."""
        return self._digests[name]

    @property
    def dockerfile(self) -> str:
        """All stages, each after those that it stands on."""
        return "\n".join(self._text)


def _renamed(lines: list[str], name: str, below: str) -> Iterator[str]:
    """A Dockerfile of ours as stages of a larger one: stages and sources are the context's own."""
    for line in lines:
        if found := _FROM.fullmatch(line):
            yield f"FROM {below} AS {name}{'-' + found['name'] if found['name'] else ''}"
        elif found := _COPY.fullmatch(line):
            own = f"--from={name}-{found['stage']} {found['source']}" if found["stage"] else f"{name}/{found['source']}"
            yield f"COPY {own} {found['target']}"
        elif not line.startswith("ARG "):
            yield line
