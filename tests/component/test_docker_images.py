"""What agents' images are made of, and how they stand on each other."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from l9stack.extraction.packages import AGENT_LOCK
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.infra.runtimes.containers import image_contexts as contexts
from l9stack.infra.settings import DockerSettings
from l9stack.infra.settings.docker import PYTHON
from l9stack.infra.settings.image_registry import Registry
from l9stack.inputs import Inputs
from l9stack.project import Project
from tests.component.conftest import EXAMPLE, REPOSITORY, Deploy, changed
from tests.component.recording import SECRET, World
from tests.component.test_docker_runtime import AGENTS

LOCK = AGENT_LOCK
PACKAGE = f"humanize==4.12.1 --hash=sha256:{'0' * 64}\n"


@pytest.fixture(scope="module")
def world(deploy: Deploy) -> World:
    return deploy("staging", runtime="docker", docker=DockerSettings())


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> PreparedCollection:
    """The example with a package of its own."""
    project = Project(tmp_path_factory.mktemp("locked").resolve())
    shutil.copytree(REPOSITORY / EXAMPLE, project.root / EXAMPLE)
    (project.root / EXAMPLE / "requirements.txt").write_text(PACKAGE)
    return prepare(Inputs.read(project, project.root / EXAMPLE))


def built(world: World, name: str, project: Project) -> tuple[dict[str, Any], Path, str]:
    """An image's inputs, its context, and the last line of its Dockerfile, which has its labels."""
    inputs = world[f"Image claims_desk-{name}"].inputs
    folder = project.root / inputs["build"]["context"]
    assert inputs["build"]["dockerfile"] == f"{inputs['build']['context']}/Dockerfile"
    return inputs, folder, (folder / "Dockerfile").read_text().splitlines()[-1]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_image_is_built_from_its_own_folder_and_named_after_all_that_is_in_it(
    world: World, project: Project, example: PreparedCollection
) -> None:
    names, images = set(), world.of("Image")
    assert set(images) == {
        f"claims_desk-{name}" for name in ("agent-base", "own-image", "tests-image", *(f"{a}-image" for a in AGENTS))
    }
    for found in images.values():
        inputs = found.inputs
        assert re.fullmatch(r"[a-z0-9-]+:[0-9a-f]{12}", inputs["imageName"])
        assert re.fullmatch(r"\.l9/images/[a-z]+-[0-9a-f]{12}", inputs["build"]["context"])
        # It is for the engine's machine, not for the one that the provider runs on; an engine keeps it to itself.
        assert (inputs["build"]["platform"], inputs["skipPush"], inputs.get("registry")) == ("", True, None)
        folder = project.root / inputs["build"]["context"]
        assert {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*")} <= {"0o755", "0o644"}
        names.add(inputs["imageName"])
    assert len(names) == len(images)
    digest = example.digests()["settlement"]
    _, folder, labels = built(world, "settlement-image", project)
    assert {name.partition("/")[0] for name in files(folder)} == {"Dockerfile", "code", "manifests"}
    assert f'l9stack.code="{digest}"' in labels and 'l9stack.agent="settlement"' in labels


def test_the_base_has_the_library_and_nothing_else_of_ours(world: World, project: Project) -> None:
    inputs, folder, labels = built(world, "agent-base", project)
    assert inputs["build"]["args"] == {"BASE": PYTHON} and re.fullmatch(r"python:3\.11\.\d+-slim-\w+", PYTHON)
    assert f'org.opencontainers.image.base.name="{PYTHON}"' in labels
    library = REPOSITORY / "l9stack" / "agent"
    agent = {f"l9stack/agent/{path.relative_to(library)}" for path in library.rglob("*.py")} | {
        "l9stack/agent/requirements.txt"
    }
    assert files(folder) == {"Dockerfile", "requirements.txt", "l9stack/__init__.py", *agent}
    assert (folder / "requirements.txt").read_bytes() == LOCK.read_bytes()


def test_images_stand_on_each_other(world: World, project: Project) -> None:
    base = world["Image claims_desk-agent-base"].inputs["imageName"]
    own, folder, _ = built(world, "own-image", project)
    assert own["build"]["args"] == {"BASE": base}
    # The user's tests of their functions stay at home.
    assert files(folder) == {
        "Dockerfile",
        "implementations/claims_desk/__init__.py",
        "implementations/claims_desk/assessment.py",
    }
    for agent in AGENTS:
        below = own["imageName"] if agent == "damage_assessment" else base
        inputs = world[f"Image claims_desk-{agent}-image"].inputs
        assert inputs["build"]["args"] == {"BASE": below}
        assert world[f"Container claims_desk-{agent}"].inputs["image"] == inputs["imageName"]
    tests, folder, _ = built(world, "tests-image", project)
    assert tests["build"]["args"] == {"BASE": own["imageName"]}
    assert {name.partition("/")[0] for name in files(folder)} == {
        *("Dockerfile", "requirements.txt", "code", "manifests", "tests")
    }


def test_a_lock_beside_the_collection_is_one_more_layer_for_everybody(
    deploy: Deploy, project: Project, locked: PreparedCollection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "shown", lambda project, path: str(path))
    after = deploy("staging", prepared=locked, runtime="docker", docker=DockerSettings())
    inputs, folder, labels = built(after, "packages-image", project)
    assert (folder / "requirements.txt").read_text() == PACKAGE
    assert locked.packages is not None and f'l9stack.packages="{locked.packages.digest}"' in labels
    base = world["Image claims_desk-agent-base"].inputs["imageName"]
    assert inputs["build"]["args"] == {"BASE": base}
    below = {name: found.inputs["build"]["args"].get("BASE") for name, found in after.of("Image").items()}
    own = after["Image claims_desk-own-image"].inputs["imageName"]
    assert below.pop("claims_desk-own-image") == inputs["imageName"]
    assert below.pop("claims_desk-damage_assessment-image") == below.pop("claims_desk-tests-image") == own
    assert {below[f"claims_desk-{agent}-image"] for agent in AGENTS if agent != "damage_assessment"} == {
        inputs["imageName"]
    }


def test_another_python_or_a_finished_base_is_the_stack_configs(deploy: Deploy) -> None:
    python = f"registry.example.com/python@sha256:{'a' * 64}"
    base = deploy("staging", runtime="docker", docker=DockerSettings(images={"python": python}))
    assert base["Image claims_desk-agent-base"].inputs["build"]["args"] == {"BASE": python}
    finished = deploy("staging", runtime="docker", docker=DockerSettings(images={"agent": "registry.example.com/l9:1"}))
    assert "claims_desk-agent-base" not in finished.of("Image")
    assert finished["Image claims_desk-settlement-image"].inputs["build"]["args"] == {
        "BASE": "registry.example.com/l9:1@sha256:1"
    }


def test_with_a_registry_images_are_pushed_and_run_by_digest(deploy: Deploy) -> None:
    registry = Registry("registry.example.com:5000/team", "pusher", "pass-word")
    pushed = deploy("staging", runtime="docker", docker=DockerSettings(registry=registry))
    for key, found in pushed.of("Image").items():
        inputs = found.inputs
        assert inputs["imageName"].startswith("registry.example.com:5000/team/")
        assert inputs["skipPush"] is False
        assert inputs["registry"] == {
            "server": "registry.example.com:5000",
            "username": "pusher",
            "password": SECRET,
        }
        assert inputs["build"]["args"]["BASE"].endswith("@sha256:2") == (key != "claims_desk-agent-base")
    image = pushed["Image claims_desk-settlement-image"].inputs["imageName"]
    assert pushed["Container claims_desk-settlement"].inputs["image"] == f"{image}@sha256:2"
    assert "pass-word" not in json.dumps([dict(found.inputs) for found in pushed.resources.values()])
    anonymous = deploy("staging", runtime="docker", docker=DockerSettings(registry=Registry("127.0.0.1:5000")))
    assert anonymous["Image claims_desk-agent-base"].inputs["registry"] == {"server": "127.0.0.1:5000"}


def test_editing_one_schema_builds_one_image_and_that_of_the_tests(
    deploy: Deploy, world: World, reworded: PreparedCollection
) -> None:
    seen = changed(world, deploy("staging", prepared=reworded, runtime="docker", docker=DockerSettings()))
    assert {name for name in seen if name.startswith(("Image", "Container"))} == {
        "Image claims_desk-coverage_check-image",
        "Image claims_desk-tests-image",
        "Container claims_desk-coverage_check",
        "Container claims_desk-tests",
    }


def test_a_context_that_was_changed_is_written_anew(tmp_path: Path) -> None:
    project = Project(tmp_path)
    made = contexts.base_context(project, PYTHON)
    (made.folder / "l9stack" / "agent" / "_security" / "tokens.py").write_text("")
    (made.folder / "more").write_text("")
    again = contexts.base_context(project, PYTHON)
    assert again == made and "more" not in files(made.folder)
    assert (made.folder / "l9stack" / "agent" / "_security" / "tokens.py").stat().st_size
    assert contexts.base_context(project, f"{PYTHON}-other").digest != made.digest


def test_images_hold_exactly_what_agents_and_their_tests_need_as_the_lock_pins_it(regen: bool) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    agents = needed([*project["dependencies"], *project["optional-dependencies"]["agent"]])
    tests = needed(["pytest", "pytest-asyncio"]) - agents
    locked = entries(REPOSITORY / "requirements.lock")
    for lock, names in ((LOCK, agents), (contexts.DOCKERFILES / "tests_requirements.txt", tests)):
        if regen:
            text = [*lock.read_text().splitlines()[:1], *(locked[name] for name in sorted(names)), ""]
            lock.write_text("\n".join(text))
        assert entries(lock) == {name: locked[name] for name in names}
        assert all("--hash=sha256:" in entry for entry in entries(lock).values())


def test_packages_are_installed_by_hash_from_wheels_alone_and_nobody_runs_as_root() -> None:
    files = {path.stem: path.read_text().replace("\\\n", " ") for path in contexts.DOCKERFILES.glob("*.Dockerfile")}
    assert set(files) == {"base", "packages", "own", "agent", "tests"}
    for name, text in files.items():
        assert text.rstrip().endswith("USER 65534:65534"), name
        # Neither builder is to need what only the other knows.
        assert not re.search(r"^# *syntax|--mount|--chmod|--link|<<", text, re.M), name
        installs = re.findall(r"^RUN python -m pip install (.*)$", text, re.M)
        assert len(installs) == (name in {"base", "packages", "tests"})
        for options in map(str.split, installs):
            assert {"--require-hashes", "--only-binary=:all:", "--no-cache-dir", "--target"} <= set(options)


def needed(names: list[str]) -> set[str]:
    """The packages of a closure, on any machine and any version of Python that is supported."""
    found: set[str] = set()
    todo, done = [Requirement(text) for text in names], set[tuple[str, str]]()
    while todo:
        wanted = todo.pop()
        found.add(canonical(wanted.name))
        for extra in {"", *wanted.extras} - {extra for name, extra in done if name == wanted.name}:
            done.add((wanted.name, extra))
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                below = [Requirement(text) for text in importlib.metadata.requires(wanted.name) or []]
                todo += [
                    item for item in below if item.marker is None or any(map(item.marker.evaluate, situations(extra)))
                ]
    return found


def situations(extra: str) -> list[dict[str, str]]:
    versions = ("3.11.0", "3.11.13", "3.12.0", "3.13.0")
    return [
        {"extra": extra, "python_full_version": version, "python_version": version.rpartition(".")[0]}
        for version in versions
    ]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(path: Path) -> dict[str, str]:
    """Each package's lines; one that is pinned for several versions of Python has several."""
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", path.read_text().strip()):
        if not entry.startswith("#"):
            name = canonical(re.match(r"[\w.-]+", entry)[0])
            found[name] = f"{found[name]}\n{entry}" if name in found else entry
    return found
