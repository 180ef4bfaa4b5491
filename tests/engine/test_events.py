"""What is told of an operation, from the events that the engine writes."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from l9stack.engine.events import EngineRun, EventFollower
from l9stack.engine.failures import hints

IMAGE, OTHER = "urn:pulumi:s::p::docker:index/image:Image::desk-base", "urn:pulumi:s::p::x:Y::other"


def said(urn: str, message: str, severity: str = "info", *, ephemeral: bool = False) -> dict[str, Any]:
    return {"diagnosticEvent": {"urn": urn, "message": message, "severity": severity, "ephemeral": ephemeral}}


def followed(tmp_path: Path, *events: dict[str, Any]) -> tuple[EngineRun, list[str]]:
    log, ended, progress = tmp_path / "events", threading.Event(), list[str]()
    log.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    ended.set()
    following = EventFollower(progress.append, preview=False)
    following.follow(log, ended)
    return following.outcome, progress


def test_a_build_that_fails_is_told_with_what_it_said_last(tmp_path: Path) -> None:
    steps = [said(IMAGE, f"Collecting package-{number}", ephemeral=True) for number in range(30)]
    outcome, progress = followed(
        tmp_path,
        *steps,
        said(IMAGE, "digest: sha256:1\nERROR: No matching distribution found for uvicorn", ephemeral=True),
        said(OTHER, "Pulling", ephemeral=True),
        said(IMAGE, "executor failed running [/bin/sh -c pip install]: exit code: 1", "error"),
        said(OTHER, "it is down", "error"),
        said("", "update failed", "error"),
        said(OTHER, "info: half done"),
    )
    first, second = outcome.diagnostics
    assert first.splitlines()[0] == "executor failed running [/bin/sh -c pip install]: exit code: 1"
    assert first.splitlines()[-1] == "  ERROR: No matching distribution found for uvicorn"
    assert len(first.splitlines()) == 11 and "package-0" not in first and "sha256:1" not in first
    assert second == "it is down\n  Pulling" and progress == ["half done"]


def changing(operation: str, urn: str, kind: str) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"op": operation, "urn": urn, "type": kind}}}


def test_a_replacement_is_one_change_and_a_rest_of_an_earlier_one_is_told(tmp_path: Path) -> None:
    container, ours = "docker:index/container:Container", "pulumi:providers:pulumi-python"
    outcome, _ = followed(
        tmp_path,
        *(changing(op, "urn::desk", container) for op in ("delete-replaced", "replace", "create-replacement")),
        changing("delete-replaced", "urn::left", container),
        changing("update", "urn::default", ours),
        changing("update", "urn::default", "pulumi:providers:docker"),
    )
    assert [str(change) for change in outcome.changes] == [
        "replace Container desk",
        "delete-replaced Container left",
        "update docker default",
    ]


def test_a_providers_error_is_told_once(tmp_path: Path) -> None:
    why = "Unable to start container: port is already allocated"
    outcome, _ = followed(
        tmp_path,
        said(OTHER, f"  sdk-v2/provider2.go:571: sdk.helper_schema: {why}: provider=docker@5.2.0", "error"),
        said(OTHER, f"1 error occurred:\n\t* creating {OTHER}: 1 error occurred:\n\t* {why}\n\n", "error"),
        said(OTHER, "sdk-v2/provider2.go:571: it is deprecated", "warning"),
    )
    assert outcome.diagnostics == [
        f"\t* creating {OTHER}: 1 error occurred:\n\t* {why}",
        "sdk-v2/provider2.go:571: it is deprecated",
    ]


@pytest.mark.parametrize(
    ("told", "hint"),
    [
        ("Bind for 127.0.0.1:21375 failed: port is already allocated", "l9stack:docker.first_port"),
        ("listen tcp4 127.0.0.1:21375: bind: address already in use", "l9stack:docker.first_port"),
        (
            "unable to pull image neo4j:5: error pulling image neo4j:5: Error response from daemon",
            "l9stack:docker.images",
        ),
        (
            'failed to do request: Head "https://r.example.com/v2/python/manifests/3": no such host',
            "l9stack:docker.images",
        ),
        ("pull access denied for l9stack-test/nothing, repository does not exist", "l9stack:docker.images"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", "docker:host"),
    ],
)
def test_what_an_engine_refuses_is_told_with_the_setting_that_mends_it(told: str, hint: str) -> None:
    (found,) = hints(["agent desk: no", f"Error response from daemon: {told}"])
    assert found.startswith("    hint: ") and hint in found


def test_other_failures_have_no_hint_of_a_docker_engine() -> None:
    assert hints(["agent desk did not become healthy: connection refused"]) == []
