"""Records of a swarm's services and tasks, as its engine gives them."""

from __future__ import annotations

from typing import Any

from l9stack.running.swarm_services import REVISION


def a_service(
    name: str = "desk-prod", revision: str = "new", replicas: int = 3, update: str = "", **labels: str
) -> dict[str, Any]:
    """A service; labels without their prefix, as `agent="desk"`."""
    return {
        "ID": f"id-{name}",
        "Spec": {
            "Name": name,
            "Labels": {f"l9stack.{label}": value for label, value in labels.items()},
            "Mode": {"Replicated": {"Replicas": replicas}},
            "TaskTemplate": {"ContainerSpec": {"Env": [f"{REVISION}={revision}"]}},
        },
        "UpdateStatus": {"State": update, "Message": f"update {update}"} if update else None,
    }


def a_task(
    number: int,
    revision: str,
    state: str,
    error: str = "",
    port: int = 0,
    desired: str = "",
    service: str = "",
    node: str = "node-1",
) -> dict[str, Any]:
    """A task; one with a higher number is newer. `desired` where the engine wants another state than this one."""
    status: dict[str, Any] = {"State": state, "Timestamp": f"2026-01-01T00:00:{number:02d}Z", "Message": state}
    if error:
        status["Err"] = error
    if port:
        status["PortStatus"] = {"Ports": [{"TargetPort": 8080, "PublishedPort": port}]}
    return {
        "ID": f"task-{number}",
        "ServiceID": f"id-{service}",
        "Slot": number % 3 + 1,
        "NodeID": node,
        "Spec": {"ContainerSpec": {"Env": ["A=b", f"{REVISION}={revision}"]}},
        "Status": status,
        "DesiredState": desired or ("shutdown" if state in ("failed", "rejected", "shutdown") else "running"),
    }
