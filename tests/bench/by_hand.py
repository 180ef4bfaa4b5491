"""A stack's containers, started again by Docker's command line: the same images, options, files, order and waits."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.scratch import UnmeasuredError, run

_CONTAINER = "docker:index/container:Container"
_HEALTHY_SECONDS, _LOOK_SECONDS = 240, 0.2


@dataclass(frozen=True)
class Part:
    """One container: how it is made, what is copied into it, and which others come before it."""

    name: str
    create: tuple[str, ...]
    networks: tuple[tuple[str, ...], ...]
    """Arguments of `docker network connect`, for each network beyond the first."""
    copies: Mapping[str, Path]
    """Folders of this machine by folders of the container."""
    serves: bool
    """It runs on, and has to be healthy before others start; else it does its work and ends."""
    after: frozenset[str]


class ByHand:
    """What a running stack has on the engine, as commands for a second one, whose names begin with another word."""

    def __init__(self, state: Mapping[str, Any], folder: Path, mark: str) -> None:
        """Read the engine while the stack of this exported `state` runs; `folder` keeps what its files hold."""
        self._folder, self._mark = folder, mark
        folder.mkdir(mode=0o700)
        resources = {resource["urn"]: resource for resource in state["deployment"]["resources"]}
        containers = {urn: found for urn, found in resources.items() if found["type"] == _CONTAINER}
        names = {urn: str(found["outputs"]["name"]) for urn, found in containers.items()}
        inspected = json.loads(self._docker("inspect", "--type", "container", *names.values()))
        seen = {item["Name"][1:]: item for item in inspected}
        mounts = [(item, mount) for item in inspected for mount in item["HostConfig"]["Mounts"]]
        # By these files are brought: whoever serves reads them, and whoever ends has written them.
        self._brought = {mount["Source"] for item, mount in mounts if _serves(item) and mount.get("ReadOnly")}
        self._parts = [
            self._part(
                name := names[urn], seen[name], {names[other] for other in _before(urn, resources) & names.keys()}
            )
            for urn in containers
        ]
        self._networks = [
            (name, json.loads(self._docker("network", "inspect", name))[0]["Internal"])
            for name in sorted({name for item in inspected for name in item["NetworkSettings"]["Networks"]} - {"none"})
        ]
        self._volumes = sorted({mount["Source"] for _, mount in mounts})

    def __len__(self) -> int:
        """How many containers run once all are healthy."""
        return sum(part.serves for part in self._parts)

    def start(self) -> float:
        """Start everything, each as soon as what it waits for is healthy; the seconds until all are."""
        began = time.perf_counter()
        for name, internal in self._networks:
            self._docker("network", "create", *(("--internal",) if internal else ()), *self._label, self._own(name))
        for name in self._volumes:
            self._docker("volume", "create", *self._label, self._own(name))
        running: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(len(self._parts)) as pool:
            for part in _in_order(self._parts):
                running[part.name] = pool.submit(self._start, part, [running[name] for name in part.after])
            for future in running.values():
                future.result()
        return time.perf_counter() - began

    def clear(self) -> None:
        """Remove all that was started."""
        for found, remove in (
            (("ps", "--all"), ("rm", "--force", "--volumes")),
            (("volume", "ls"), ("volume", "rm")),
            (("network", "ls"), ("network", "rm")),
        ):
            if ids := self._docker(*found, "--quiet", "--filter", f"label={self._mark}").split():
                self._docker(*remove, *ids)

    def _start(self, part: Part, before: Iterable[Future[None]]) -> None:
        for future in before:
            future.result()
        name = self._own(part.name)
        self._docker("create", "--name", name, *self._label, *part.create)
        for connect in part.networks:
            self._docker("network", "connect", *connect, name)
        for target, source in part.copies.items():
            self._docker("cp", "--quiet", f"{source}/.", f"{name}:{target}")
        self._docker("start", *(() if part.serves else ("--attach",)), name)
        until = time.monotonic() + _HEALTHY_SECONDS
        while part.serves:
            health = self._docker("inspect", "--format", "{{.State.Health.Status}}", name).strip()
            if health == "healthy":
                return
            if time.monotonic() > until:
                raise UnmeasuredError(f"container {name}, started by docker, is {health} after {_HEALTHY_SECONDS} s")
            time.sleep(_LOOK_SECONDS)

    def _part(self, name: str, seen: Mapping[str, Any], after: set[str]) -> Part:
        config, host = seen["Config"], seen["HostConfig"]
        first, *others = seen["NetworkSettings"]["Networks"]
        alias = (("--network-alias", config["Hostname"]),) if first != "none" else ()
        entrypoint, *arguments = [*(config["Entrypoint"] or ()), *(config["Cmd"] or ())]
        create = [
            *_options("--network", "none" if first == "none" else self._own(first)),
            *itertools.chain(*alias),
            *_options("--hostname", config["Hostname"]),
            *_options("--user", config["User"]),
            *_options("--env", *config["Env"]),
            *_options("--entrypoint", entrypoint),
            *_options("--cap-drop", *(host["CapDrop"] or ())),
            *_options("--cap-add", *(host["CapAdd"] or ())),
            *_options("--security-opt", *(host["SecurityOpt"] or ())),
            *_options("--memory", host["Memory"]),
            *_options("--memory-swap", host["MemorySwap"]),
            *_options("--restart", host["RestartPolicy"]["Name"] or "no"),
            *_options("--log-driver", host["LogConfig"]["Type"]),
            *_options("--log-opt", *(f"{key}={value}" for key, value in host["LogConfig"]["Config"].items())),
            *_options("--tmpfs", *(f"{path}:{options}" for path, options in (host.get("Tmpfs") or {}).items())),
            *_options("--mount", *map(self._mount, host["Mounts"])),
            *_options("--publish", *_published(host["PortBindings"] or {})),
            *(("--read-only",) if host["ReadonlyRootfs"] else ()),
            *(("--init",) if host.get("Init") else ()),
            *_health(config.get("Healthcheck")),
            config["Image"],
            *arguments,
        ]
        return Part(
            name=name,
            create=tuple(create),
            networks=tuple(("--alias", config["Hostname"], self._own(other)) for other in others),
            copies={
                mount["Target"]: self._kept(name, mount["Target"])
                for mount in host["Mounts"]
                if mount["Source"] in self._brought and not _serves(seen)
            },
            serves=_serves(seen),
            after=frozenset(after),
        )

    def _kept(self, name: str, target: str) -> Path:
        """What a folder of a container holds, on this machine."""
        kept = self._folder / f"{name}{target.replace('/', '-')}"
        self._docker("cp", "--quiet", f"{name}:{target}", str(kept))
        return kept

    def _mount(self, mount: Mapping[str, Any]) -> str:
        read_only = ",readonly" if mount.get("ReadOnly") else ""
        return f"type=volume,source={self._own(mount['Source'])},target={mount['Target']}{read_only}"

    def _own(self, name: str) -> str:
        return f"{self._mark}-{name}"

    @property
    def _label(self) -> tuple[str, str]:
        return "--label", self._mark

    def _docker(self, *arguments: str) -> str:
        return run(["docker", *arguments], self._folder)


def _before(urn: str, resources: Mapping[str, Any]) -> set[str]:
    """Everything that the engine made before a resource, by the dependencies in its state."""
    found: set[str] = set()
    waiting = [urn]
    while waiting:
        fresh = set(resources.get(waiting.pop(), {}).get("dependencies") or ()) - found
        found |= fresh
        waiting += fresh
    return found


def _in_order(parts: Iterable[Part]) -> list[Part]:
    """Each after those that it waits for: whoever waits for one waits for more than that one does."""
    return sorted(parts, key=lambda part: len(part.after))


def _serves(seen: Mapping[str, Any]) -> bool:
    return "Health" in seen["State"]


def _options(name: str, *values: object) -> list[str]:
    return [part for value in values for part in (name, str(value))]


def _published(bindings: Mapping[str, Any]) -> list[str]:
    return [
        f"{binding['HostIp']}:{binding['HostPort']}:{port}" for port, found in bindings.items() for binding in found
    ]


def _health(check: Mapping[str, Any] | None) -> list[str]:
    """A health check's options; the engine says nanoseconds."""
    if check is None:
        return []
    return [
        *_options("--health-cmd", check["Test"][1]),
        *_options("--health-interval", f"{check['Interval']}ns"),
        *_options("--health-timeout", f"{check['Timeout']}ns"),
        *_options("--health-start-period", f"{check['StartPeriod']}ns"),
        *_options("--health-retries", check["Retries"]),
        *(_options("--health-start-interval", f"{check['StartInterval']}ns") if check.get("StartInterval") else []),
    ]
