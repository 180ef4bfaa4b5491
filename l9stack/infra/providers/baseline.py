"""Phase 1 of a deployed stack, measured where it runs: backends that answer, anchors that can decide."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import DiffResult

from l9stack.agent._security.keys import Trust, ensure_keys
from l9stack.errors import ServiceError
from l9stack.infra import deployment_files
from l9stack.infra.providers.base import Props, Provider
from l9stack.infra.providers.service import reachable
from l9stack.local.client import SupervisorClient

OPERATOR = "operator"


class BaselineProvider(Provider):
    """Agents wait for this. It is measured again when a server was started anew (`instances`, given by `up` only)."""

    inputs = ("stack", "runtime", "services", "external", "anchors", "instances")
    watched = ("stack", "runtime", "services", "external", "anchors")
    key = "stack"

    def make(self, props: Props) -> dict[str, Any]:
        """Reach every backend, and see to it that each governance anchor has a key to decide with.

        `external` ones have resources of their own, which log in to them.

        Raises:
            ServiceError: a backend does not answer, by name.
        """
        project = self.project()
        with deployment_files.provider_lock(project, "keys"):
            ensure_keys(project.keys, [OPERATOR, *(f"anchor:{name}" for name in props["anchors"])])
        known = Trust(project.keys).principals()
        absent = [name for name in props["anchors"] if f"anchor:{name}" not in known]
        if absent:
            raise ServiceError(f"governance anchors without a key: {', '.join(absent)}")
        own = [name for name in props["services"] if name not in (props.get("external") or ())]
        if props["runtime"] == "local" and own:
            urls = SupervisorClient.connect(project.run).namespace(props["stack"])
            silent = [name for name in own if not reachable(str(getattr(urls, name)))]
            if silent:
                raise ServiceError(f"backends that do not answer: {', '.join(silent)}")
        return {"online": list(props["services"]), "anchors_reachable": list(props["anchors"])}

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """As elsewhere, and where `up` says that a server is not the one that was measured."""
        anew = "instances" in _news and _olds.get("instances") != _news["instances"]
        return DiffResult(changes=anew or bool(super().diff(_id, _olds, _news).changes))
