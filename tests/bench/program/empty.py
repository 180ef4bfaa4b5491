"""A dynamic resource that does nothing; its provider is importable, and so is kept in state by its name."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class EmptyProvider(ResourceProvider):
    """Answers at once."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Nothing is made."""
        return CreateResult(str(props["name"]), props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Nothing has changed."""
        return ReadResult(id_, props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Nothing differs."""
        return DiffResult(changes=_olds.get("name") != _news.get("name"))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Nothing is changed."""
        return UpdateResult(_news)


class Empty(Resource, module="bench", name="Empty"):
    """One input, no work."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__(EmptyProvider(), name, {"name": name}, opts)
