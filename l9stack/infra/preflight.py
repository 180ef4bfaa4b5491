"""What the tests before traffic are of: the generated files of a whole collection, without its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from l9stack.extraction.prepare import PreparedCollection
from l9stack.infra.specs import AgentWorkload, PreflightWorkload
from l9stack.output.store import Store
from l9stack.project import Project

_TESTED = ("code/", "manifests/", "tests/")


def preflight_spec(
    prepared: PreparedCollection, specs: Mapping[str, AgentWorkload], depends_on: Sequence[pulumi.Resource]
) -> PreflightWorkload:
    """The tests of all agents of a collection, beside those backends that its agents are given."""
    entry = Store(Project.find()).put(each for each in prepared.tree.artifacts if each.path.startswith(_TESTED))
    calling = [spec for spec in specs.values() if spec.folder]
    some = (calling or list(specs.values()))[0]
    return PreflightWorkload(
        stack=some.stack,
        collection=some.collection,
        digest=entry,
        implementations=some.implementations,
        folder=some.folder,
        packages=some.packages,
        lock=some.lock,
        urls=some.urls,
        archive=some.archive,
        certificates=some.certificates,
        depends_on=depends_on,
    )
