"""Memory backends: servers of the local runtime, and servers that somebody else runs."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

from l9stack.errors import ServiceError
from l9stack.infra import deployment_files
from l9stack.infra.providers.base import Props, Provider
from l9stack.infra.providers.login import PORTS, address, login
from l9stack.local.client import ServiceStatus, SupervisorClient


class LocalServiceProvider(Provider):
    """A server from a wheel, owned by the project's supervisor and shared by the project's stacks."""

    inputs = ("stack", "service", "state")
    watched = ("service", "state")
    carried = ("endpoint",)
    desired = {"state": "running"}
    key = "service"

    def make(self, props: Props) -> dict[str, Any]:
        """Start the server where it does not run.

        Raises:
            ServiceError: it did not start; the message ends with the last lines of its log.
        """
        project, name = self.project(), props["service"]
        with deployment_files.provider_lock(
            project, "services"
        ):  # whoever takes it away has then either seen this, or ended
            deployment_files.register_use(project, name, props["stack"])
        status = SupervisorClient.connect(project.run).ensure_service(name)
        if status.state != "running":
            raise ServiceError(f"{name} did not start: {status.detail}")
        return _outputs(status)

    def observe(self, props: Props) -> dict[str, Any]:
        """Running, or not and why; a preview starts nothing."""
        daemon = SupervisorClient.find(self.project().run)
        services = daemon.status().services if daemon else ()
        for status in services:
            if status.name == props["service"]:
                return _outputs(status) if status.state == "running" else {"state": _why(status)}
        return {"state": "stopped"}

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Stop the server when no other stack uses it, and the supervisor with the last; data stays."""
        project = self.project()
        with deployment_files.provider_lock(project, "services"):
            unused = deployment_files.unregister_use(project, _props["service"], _props["stack"])
            daemon = SupervisorClient.find(project.run)
            if daemon is None or not unused:
                return
            daemon.stop_service(_props["service"])
            status = daemon.status()
            if not status.agents and all(service.state != "running" for service in status.services):
                daemon.shutdown()


class ExternalServiceProvider(Provider):
    """A backend by URL: only logged in to, never owned. Its address is shown without credentials.

    `certificate` is a file of the project with the authorities that its server's certificate is checked with.
    """

    inputs = ("service", "url", "certificate", "state")
    watched = ("service", "url", "certificate", "state")
    desired = {"state": "running"}
    key = "service"

    def make(self, props: Props) -> dict[str, Any]:
        """Log in.

        Raises:
            ServiceError: that fails; the message says why, and no secret.
        """
        where = address(props["url"])
        return {"endpoint": where, "instance": where, "product": self._log_in(props)}

    def observe(self, props: Props) -> dict[str, Any]:
        """Whether one can log in from here, and why not."""
        try:
            self._log_in(props)
        except ServiceError as error:
            return {"state": str(error).rpartition(f"{address(props['url'])}: ")[2]}
        return {"state": "running"}

    def _log_in(self, props: Props) -> str:
        certificate = props.get("certificate")
        return login(props["service"], props["url"], str(self.project().root / certificate) if certificate else "")


def reachable(url: str, seconds: float = 5.0) -> bool:
    """Whether something accepts a connection there; object stores and folders are asked by the agents themselves."""
    parts = urlsplit(url)
    if parts.scheme in ("s3", "gs", "az", "file"):
        return True
    try:
        with socket.create_connection((parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)), seconds):
            return True
    except OSError:
        return False


def _outputs(status: ServiceStatus) -> dict[str, Any]:
    endpoint = f"127.0.0.1:{status.port}" if status.port else "local folder"
    product = f"{status.product} {status.version}".strip()
    return {"state": "running", "endpoint": endpoint, "product": product, "instance": f"{status.pid}"}


def _why(status: ServiceStatus) -> str:
    lines = status.detail.strip().splitlines()
    return f"stopped: {lines[-1][:160]}" if lines else "stopped"
