"""How an agent or a backend is, from what it answers and what its host knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["ok", "starting", "not ready", "unreachable", "stopped", "missing", "not asked"]
PartKind = Literal["agent", "backend"]


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One agent or backend, asked now. `not asked` is one that nobody can ask: nothing waits for it."""

    name: str
    kind: PartKind
    endpoint: str
    state: State
    detail: str = ""
    last_line: str = ""
    """Of its log, where it has ended."""

    @property
    def health(self) -> str:
        """State and reason in a few words."""
        return f"{self.state}: {self.detail}" if self.detail and self.state != "ok" else self.state

    @property
    def good(self) -> bool:
        """Whether nothing has to be waited for."""
        return self.state in ("ok", "not asked")


@dataclass(frozen=True, slots=True)
class HostedPart:
    """What a host says of a process, a container or a service; `unknown` where there is no host to ask."""

    state: Literal["running", "starting", "failing", "stopped", "missing", "unknown"]
    detail: str = ""
    last_line: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What an agent says at `/ready`: how each of its backends is, or why there is no answer."""

    backends: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    """It answers, and not as an agent does."""
    silent: str = ""
    """It does not answer."""

    @property
    def failing(self) -> list[str]:
        """The backends that do not work for it."""
        return [f"{name} ({state})" for name, state in sorted(self.backends.items()) if state != "ok"]


def agent_part(name: str, endpoint: str, answer: Readiness, hosted: HostedPart) -> PartStatus:
    """An agent. A host that knows it gone is believed first: another program may answer at its port."""
    last = hosted.last_line
    if hosted.state in ("stopped", "missing"):
        return PartStatus(name, "agent", endpoint, hosted.state, hosted.detail, last)
    why = answer.silent or answer.wrong or ", ".join(answer.failing)
    if not why:
        return PartStatus(name, "agent", endpoint, "ok")
    if hosted.state == "starting":
        return PartStatus(name, "agent", endpoint, "starting", ", ".join(answer.failing) or hosted.detail, last)
    if not answer.silent:
        return PartStatus(name, "agent", endpoint, "not ready", why, last)
    known = {"running": "its host says that it runs", "failing": hosted.detail}.get(hosted.state, "")
    return PartStatus(name, "agent", endpoint, "unreachable", "; ".join(filter(None, (answer.silent, known))), last)


def hosted_part(kind: PartKind, name: str, address: str, hosted: HostedPart) -> PartStatus:
    """What nobody outside its networks can ask: as its host says."""
    states: Mapping[str, State] = {
        "running": "ok",
        "starting": "starting",
        "failing": "not ready",
        "stopped": "stopped",
        "missing": "missing",
        "unknown": "not asked",
    }
    return PartStatus(name, kind, address, states[hosted.state], hosted.detail, hosted.last_line)


def external_backend(name: str, address: str, answers: Mapping[str, Readiness], reachable: bool | None) -> PartStatus:
    """A backend that somebody else runs: as the agents say, who may reach it from where this machine cannot.

    Where no agent answers, whether a connection to it is accepted from here (`reachable`; None: not to be told).
    """
    said = {agent: _told(name, answer.backends) for agent, answer in sorted(answers.items()) if name in answer.backends}
    bad = {agent: state for agent, state in said.items() if state != "ok"}
    if bad:
        return PartStatus(name, "backend", address, "not ready", ", ".join(f"{a} says {s}" for a, s in bad.items()))
    if said or reachable:
        return PartStatus(name, "backend", address, "ok")
    if reachable is None:
        return PartStatus(name, "backend", address, "not asked", "no agent answers that uses it")
    return PartStatus(name, "backend", address, "unreachable", "no agent answers that uses it, nor does it from here")


def _told(name: str, backends: Mapping[str, str]) -> str:
    """What an agent says of a server; hyperedges have a name of their own where they lie in another Postgres."""
    names = (name, "hypergraph") if name == "postgres" else (name,)
    return next((backends[key] for key in names if backends.get(key, "ok") != "ok"), "ok")
