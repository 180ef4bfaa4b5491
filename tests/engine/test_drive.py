"""What is told of an operation, from the events that the engine writes."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from l9stack.engine.drive import Engine, Outcome

IMAGE, OTHER = "urn:pulumi:s::p::docker:index/image:Image::desk-base", "urn:pulumi:s::p::x:Y::other"


def said(urn: str, message: str, severity: str = "info", *, ephemeral: bool = False) -> dict[str, Any]:
    return {"diagnosticEvent": {"urn": urn, "message": message, "severity": severity, "ephemeral": ephemeral}}


def followed(tmp_path: Path, *events: dict[str, Any]) -> tuple[Outcome, list[str]]:
    log, ended, outcome, progress = tmp_path / "events", threading.Event(), Outcome(), list[str]()
    log.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    ended.set()
    engine = Engine.__new__(Engine)
    engine._progress = progress.append
    engine._follow(log, ended, outcome, "up")
    return outcome, progress


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
