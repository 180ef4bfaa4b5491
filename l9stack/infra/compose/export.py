"""A stack in a folder of its own, which `docker compose up` runs; made from the same plan, without the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from l9stack.files import open_to_readers, write_file
from l9stack.infra import deployment_files
from l9stack.infra.components.extraction import hard_dependencies
from l9stack.infra.components.stack import StackArgs, agent_spec
from l9stack.infra.compose.credentials import SECRETS, ClientCredentials, Credentials
from l9stack.infra.compose.document import BRINGER, ComposeService, compose_document
from l9stack.infra.compose.images import Stages
from l9stack.infra.compose.monitoring import monitoring_services
from l9stack.infra.container_specs import Container, Health
from l9stack.infra.needed_services import services_used
from l9stack.infra.runtimes.containers import image_contexts as contexts
from l9stack.infra.runtimes.containers.credentials import PortRange
from l9stack.infra.runtimes.containers.spec import agent_container, service_container
from l9stack.infra.settings.archive import ArchiveSettings
from l9stack.infra.settings.docker import PYTHON, DockerSettings
from l9stack.infra.settings.monitoring import GRAFANA
from l9stack.infra.settings.stack import check_stack
from l9stack.infra.specs import AgentWorkload
from l9stack.infra.stack_inputs import prepare_for_stack
from l9stack.project import Project
from l9stack.reading.stack import stack_entries, stack_values
from l9stack.rendering.yaml_text import yaml_text

FILE = "compose.yaml"
_HEAD = """The stack {stack} of {collection}: docker compose up --detach --wait
Written by l9 export compose; written anew by it. Passwords and keys are in secrets/, made once and then kept."""
_README = """# {collection} on {stack}

    docker compose up --detach --wait

builds the images, starts the backends and then each agent after those that it needs, and waits until all are healthy.
They answer at:

{answering}

- `compose.yaml`, `.env` (the project's name) and `images/` are written anew by `l9 export compose --stack {stack}`.
- `secrets/` holds passwords, keys, URLs, and the variables that the unified config names as whoever exported had them,
  each file readable by its owner alone. A password is made where there is none, and then kept: it opens the data in the
  volumes. Never commit this folder.
- `config/` holds what is no secret: the unified config, and everybody's public keys.
- Keys are the project's: a token for an agent is `l9 token AGENT`, for `curl -H "Authorization: Bearer …"`.
- `docker compose down` keeps the data, `docker compose down --volumes` removes it.
- Where the Compose command is an old one without `--wait`: `docker compose up --detach`, then `docker compose ps`.
{more}"""
_OTHERS_ARCHIVE = """\
- The archive is somebody else's, and has to be there: nothing here makes its bucket, or looks after its versioning,
  encryption and lifecycle, as `l9 up` does.
"""
_BACKENDS, _ARCHIVE = "l9stack:backends", "l9stack:archive"


@dataclass(frozen=True)
class ComposeExport:
    """What was written, and where the agents will answer."""

    folder: Path
    services: tuple[str, ...]
    endpoints: Mapping[str, str]


def export_compose(project: Project, stack: str, folder: Path) -> ComposeExport:
    """Write the folder; what is in `secrets/` stays.

    Raises:
        InputError: with every problem of the stack's file and of the collection, and what Compose cannot be given.
    """
    settings = check_stack(project.root, stack)
    prepared = prepare_for_stack(project, settings)
    prepared.stored()
    args, handed = StackArgs(prepared, settings, stack), Credentials(folder, project)
    stages, ports, docker = Stages(), PortRange(settings.docker.first_port), settings.docker
    base = _base(stages, project, docker)
    used = services_used(prepared.plan)
    clients = _clients(project, stack, used, handed)
    backends = _backends(args, handed, clients.passwords)
    agents = _agents(args, handed, clients, stages, ports, base)
    watching = monitoring_services(prepared, stack, settings.monitoring, handed, ports)
    bringer = ComposeService(
        Container("files", BRINGER, "", "0:0", Health(""), 0, 64, ()), _image(args, base, stages), base
    )
    document = compose_document([*backends, *agents.values(), *watching], bringer, docker.publish)
    endpoints = {agent: _endpoint(docker, part) for agent, part in agents.items()}
    watched = {part.container.host: _endpoint(docker, part) for part in watching}
    files = _described(args, document, endpoints | watched, _OTHERS_ARCHIVE if "archive" in clients.urls else "") | {
        "images/Dockerfile": stages.dockerfile.encode(),
        **{f"images/{path}": data for path, data in stages.files.items()},
    }
    for path, data in files.items():
        write_file(folder / path, data)
    open_to_readers(folder / "images")
    return ComposeExport(folder, tuple(document["services"]), endpoints)


def _backends(args: StackArgs, handed: Credentials, passwords: Mapping[str, str]) -> list[ComposeService]:
    collection, images = args.prepared.plan.collection, args.settings.docker.images
    wanted = [service_container(name, collection, args.stack, images.get(name, "")) for name in passwords]
    return [ComposeService(one, one.image, sources=handed.backend(one.host, passwords[one.host])) for one in wanted]


def _agents(
    args: StackArgs,
    handed: Credentials,
    clients: ClientCredentials,
    stages: Stages,
    ports: PortRange,
    base: str,
) -> dict[str, ComposeService]:
    """The agents, by id; their images become stages, on those for packages and for the user's functions."""
    prepared, plan = args.prepared, args.prepared.plan
    trusted = {service: file for service, file in args.settings.certificates.items() if service in clients.urls}
    specs = {agent.id: replace(agent_spec(args, agent, {}), certificates=trusted) for agent in plan.agents}
    config = deployment_files.config_name(plan.collection)
    text = next(artifact.text for artifact in prepared.tree.artifacts if artifact.path == config)
    anybody = next(iter(specs.values()))
    shared = handed.agents(clients, anybody.passed, config, text) | handed.certificates(trusted)
    keys = handed.keys(anybody.principals, specs)
    found: dict[str, ComposeService] = {}
    for agent, spec in specs.items():
        wanted = agent_container(
            spec,
            services=clients.passwords,
            memory_mb=args.settings.docker.agent_memory_mb,
            published=ports.of(f"{plan.collection}/{args.stack}/{agent}"),
            after=[f"{plan.collection}-{other}" for other in (*clients.passwords, *hard_dependencies(plan, agent))],
        )
        stage = _stage(stages, prepared.project, spec, base, wanted.host)
        found[agent] = ComposeService(wanted, _image(args, stage, stages), stage, {**shared, **keys[agent]})
    return found


def _described(
    args: StackArgs, document: Mapping[str, Any], endpoints: Mapping[str, str], more: str
) -> dict[str, bytes]:
    """The files at the top of the folder."""
    facts = {"collection": args.prepared.plan.collection, "stack": args.stack}
    project = re.sub(r"[^a-z0-9_-]", "-", "{collection}-{stack}".format(**facts).lower())
    login = {GRAFANA: f" (user admin, password in {SECRETS}/{GRAFANA}.password)"}
    answering = "\n".join(f"- {name}: {url}{login.get(name, '')}" for name, url in endpoints.items())
    return {
        FILE: yaml_text(document, _HEAD.format(**facts)).encode(),
        "README.md": _README.format(**facts, answering=answering, more=more).encode(),
        ".env": f"COMPOSE_PROJECT_NAME={project}\n".encode(),
        ".gitignore": f"{SECRETS}/\n".encode(),
    }


def _endpoint(docker: DockerSettings, part: ComposeService) -> str:
    return f"http://{docker.reach}:{part.container.published}"


def _clients(project: Project, stack: str, services: Sequence[str], handed: Credentials) -> ClientCredentials:
    """For the services that are used: those that the stack's config names are run by others, the rest in containers.

    Raises:
        InputError: with every value that is encrypted and in no file.
    """
    by_url = [service for service in services if service in stack_entries(project.root, stack, _BACKENDS)]
    keys = [key for key in ("access_key", "secret_key") if key in stack_entries(project.root, stack, _ARCHIVE)]
    values = stack_values(project.root, stack)
    urls, block = (json.loads(values.get(key, "{}")) for key in (_BACKENDS, _ARCHIVE))
    known = handed.given(
        {f"{service}.url": urls.get(service, "") for service in by_url}
        | {f"archive.{key}": block.get(key, "") for key in keys}
    )
    archive = ArchiveSettings(
        endpoint=block.get("endpoint", ArchiveSettings.endpoint),
        region=block.get("region", ArchiveSettings.region),
        access_key=known.get("archive.access_key"),
        secret_key=known.get("archive.secret_key"),
    )
    told = {name: str(value) for name, value in archive.variables().items()} if block or keys else {}
    passwords = handed.passwords(service for service in services if service not in by_url)
    return ClientCredentials(passwords, {service: known[f"{service}.url"] for service in by_url}, told)


def _base(stages: Stages, project: Project, docker: DockerSettings) -> str:
    if "agent" in docker.images:
        return stages.pulled("base", docker.images["agent"])
    python = docker.images.get("python", PYTHON)
    return stages.add("base", contexts.base_context(project, python), python)


def _stage(stages: Stages, project: Project, spec: AgentWorkload, base: str, host: str) -> str:
    labels = {"l9stack.collection": spec.collection}
    below = base
    if spec.lock:
        context = contexts.packages_context(project, project.root / spec.lock, spec.packages, labels)
        below = stages.once("packages", context, below)
    if spec.folder:
        context = contexts.implementations_context(project, project.root / spec.folder, spec.implementations, labels)
        below = stages.once("own", context, below)
    context = contexts.agent_context(project, spec.digest, {**labels, "l9stack.agent": spec.agent})
    return stages.once(f"agent-{host}", context, below)


def _image(args: StackArgs, stage: str, stages: Stages) -> str:
    name = f"{args.prepared.plan.collection}-{stage}".replace("_", "-")
    return f"{name}:{stages.digest(stage)}"
