"""Phase 1 of a deployed stack, measured where it runs: backends that answer, anchors that can decide."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import DiffResult

from l9stack.agent._security.keys import keys_missing
from l9stack.errors import ServiceError
from l9stack.infra.principals import make_keys, principals_of
from l9stack.infra.providers.base import Props, Provider
from l9stack.infra.providers.service import reachable
from l9stack.local.client import SupervisorClient


class BaselineProvider(Provider):
    """Agents wait for this. It is measured again when a server was started anew (`instances`, given by `up` only)."""

    inputs = ("stack", "runtime", "services", "external", "anchors", "agents", "keys", "instances")
    watched = ("stack", "runtime", "services", "external", "anchors", "keys")
    desired = {"keys": "there"}
    key = "stack"

    def make(self, props: Props) -> dict[str, Any]:
        """Reach every backend, and see to it that operator, `anchors` and `agents` have keys to act with.

        `external` ones have resources of their own, which log in to them.

        Raises:
            ServiceError: a backend does not answer, by name.
        """
        project = self.project()
        make_keys(project, _principals(props))
        own = [name for name in props["services"] if name not in (props.get("external") or ())]
        if props["runtime"] == "local" and own:
            urls = SupervisorClient.connect(project.run).namespace(props["stack"])
            silent = [name for name in own if not reachable(str(getattr(urls, name)))]
            if silent:
                raise ServiceError(f"backends that do not answer: {', '.join(silent)}")
        return {"online": list(props["services"]), "anchors_reachable": list(props["anchors"])}

    def observe(self, props: Props) -> dict[str, Any]:
        """Who has lost the key to act with, for `up` makes another one; states of before do not say who has one."""
        missing = keys_missing(self.project().keys, _principals(props) if "agents" in props else ())
        return {"keys": f"none of {', '.join(missing)}" if missing else "there"}

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """As elsewhere, where `up` says that a server is not the one that was measured, and where nobody was noted."""
        anew = "instances" in _news and _olds.get("instances") != _news["instances"]
        return DiffResult(changes=anew or "agents" not in _olds or bool(super().diff(_id, _olds, _news).changes))


def _principals(props: Props) -> tuple[str, ...]:
    return principals_of(props["agents"], props["anchors"])
