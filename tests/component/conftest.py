"""The example, prepared once in a project of its own."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.infra.components.stack import Stack, StackArgs
from l9stack.infra.settings import DockerSettings, StackSettings
from l9stack.infra.settings.monitoring import MonitoringSettings
from l9stack.inputs import Inputs
from l9stack.output.store import Store
from l9stack.project import Project
from tests.component.recording import World, run

EXAMPLE = Path("input_schemas/claims_desk")
REPOSITORY = Path(__file__).parents[2]
Deploy = Callable[..., World]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Pulumi's outputs want a current event loop, and asynchronous tests in the same process leave none.

    Outputs that a test made and nobody asked for end with it.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    outcome = yield
    if left := asyncio.all_tasks(loop):
        loop.run_until_complete(asyncio.wait(left))
    loop.close()
    return outcome


def _project(root: Path) -> Project:
    (root / "Pulumi.yaml").write_text("name: l9stack\nruntime: python\n")
    shutil.copytree(REPOSITORY / EXAMPLE, root / EXAMPLE)
    return Project(root)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return _project(tmp_path_factory.mktemp("project").resolve())


@pytest.fixture(scope="session")
def example(project: Project) -> PreparedCollection:
    return prepare(Inputs.read(project, project.root / EXAMPLE))


def _edited(root: Path, old: str, new: str) -> PreparedCollection:
    project = _project(root.resolve())
    schema = project.root / EXAMPLE / "agents.yaml"
    text = schema.read_text(encoding="utf-8")
    assert text.count(old) == 1
    schema.write_text(text.replace(old, new), encoding="utf-8")
    return prepare(Inputs.read(project, schema.parent))


@pytest.fixture(scope="session")
def reworded(tmp_path_factory: pytest.TempPathFactory) -> PreparedCollection:
    """The example, where the sentence that says what Coverage Check does was changed."""
    sentence = "Says whether a parcel was covered against damage"
    return _edited(tmp_path_factory.mktemp("reworded"), sentence, sentence.replace("Says", "Tells"))


@pytest.fixture(scope="session")
def another_anchor(tmp_path_factory: pytest.TempPathFactory) -> PreparedCollection:
    """The example, where Coverage Check asks one more person."""
    anchors = "anchors: [Claims Lead]"
    return _edited(tmp_path_factory.mktemp("anchor"), anchors, "anchors: [Claims Lead, Underwriting]")


@pytest.fixture(scope="session")
def deploy(example: PreparedCollection, project: Project) -> Deploy:
    """Run the whole Stack of a prepared collection in its project, as `__main__.py` does."""

    def whole(
        stack: str = "dev", prepared: PreparedCollection = example, preview: bool = False, **settings: Any
    ) -> World:
        # What watches a stack, and what is tested before traffic, has tests of its own.
        settings.setdefault("monitoring", MonitoringSettings(servers=False))
        settings.setdefault("docker", DockerSettings(tests=False))
        arguments = StackArgs(prepared, StackSettings(str(EXAMPLE), **settings), stack)
        with contextlib.chdir(project.root):
            for owner in prepared.digests():  # images are made from the store
                Store(Project.find()).put(prepared.tree.part(owner))
            return run(lambda: Stack("claims_desk", arguments), stack, preview=preview)

    return whole


def changed(before: World, after: World) -> dict[str, set[str]]:
    """Which inputs differ, by resource."""
    assert before.resources.keys() == after.resources.keys()
    pairs = [(before.resources[key], after.resources[key]) for key in before.resources]
    differing = {
        f"{old.type} {old.name}": {
            key for key in {*old.inputs, *new.inputs} if old.inputs.get(key) != new.inputs.get(key)
        }
        for old, new in pairs
    }
    return {name: keys for name, keys in differing.items() if keys}
