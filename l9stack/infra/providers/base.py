"""What all our dynamic providers share: which inputs count, how drift is seen, and errors that people can read."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from l9stack.errors import L9Error
from l9stack.project import Project

Props = Mapping[str, Any]


class Provider(ResourceProvider):
    """A resource that is made, observed at every run, and mended where it is not as it should be.

    `watched` inputs decide whether it changes; the others of `inputs` are only handed on. Drift is shown by letting
    `observe` overwrite watched inputs with what is really there, so that a plain preview names the field. `desired`
    is what those inputs should be. `carried` inputs (an endpoint) are taken over from the last run, so that they are
    known in a preview and nothing that depends on them shows as changed.
    """

    serialize_as_secret_always = False
    inputs: ClassVar[tuple[str, ...]] = ()
    watched: ClassVar[tuple[str, ...]] = ()
    carried: ClassVar[tuple[str, ...]] = ()
    desired: ClassVar[Mapping[str, Any]] = {}
    key: ClassVar[str] = ""
    """The input that names the resource."""

    def configure(self, req: ConfigureRequest) -> None:
        """Take over the stack's settings: the provider runs in a process of its own and prepares the plan again."""
        _errors_as_text()
        self.settings = json.loads(req.config.get("settings") or "{}")

    def project(self) -> Project:
        """The project: the engine starts providers in its folder."""
        return Project.find()

    def make(self, props: Props) -> dict[str, Any]:
        """Make the resource, or bring it to the state of `props`; returns outputs. Idempotent."""
        return {}

    def mend(self, olds: Props, news: Props) -> dict[str, Any]:
        """Bring a resource from `olds` (what was observed) to `news`."""
        return self.make(news)

    def observe(self, props: Props) -> dict[str, Any]:
        """What is there now: overwritten inputs and outputs."""
        return {}

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Fill in what should be, and what the last run already knew."""
        kept = {name: _olds[name] for name in self.carried if _olds.get(name) and not news.get(name)}
        return CheckResult({**news, **self.desired, **kept}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Only watched inputs count."""
        return DiffResult(changes=any(_olds.get(name) != _news.get(name) for name in self.watched))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make it."""
        return CreateResult(str(props[self.key]), {**props, **self.make(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Mend it."""
        return UpdateResult({**_news, **self.mend(_olds, _news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Observe; never raises, for one failing read would stop every command."""
        try:
            seen = {**props, **self.observe(props)}
        except Exception as error:
            pulumi.log.warn(f"{type(self).__name__} {id_} could not be observed: {error}")
            seen = dict(props)
        return ReadResult(id_, seen, {name: seen[name] for name in (*self.inputs, *self.carried) if name in seen})


def _errors_as_text() -> None:
    """Let errors that we raise on purpose reach the engine as their text.

    Pulumi's provider host reports `traceback.format_exc()` of whatever a provider raises. This runs only in that
    host, whose providers are ours alone; a bug keeps its traceback.
    """
    whole = traceback.format_exc

    def text(*arguments: Any, **options: Any) -> str:
        error = sys.exc_info()[1]
        return str(error) if isinstance(error, L9Error) else whole(*arguments, **options)

    traceback.format_exc = text
