"""What a failure of the engine is told as: its own, or the machine's."""

from __future__ import annotations

import pytest

from l9stack.engine.failures import engine_failure
from l9stack.errors import EXIT_ENGINE, EXIT_MACHINE


def test_an_engine_that_somebody_ended_is_told_in_a_line_and_a_hint():
    failure = engine_failure("pulumi up of stack dev failed:", ["@ updating....", " + creating (0s)"], -9)
    first, hint = str(failure).splitlines()
    assert failure.exit_code == EXIT_MACHINE
    assert "ended by SIGKILL" in first and "creating" not in first
    assert "run the same command again" in hint


@pytest.mark.parametrize(
    "line",
    [
        "error: writing checkpoint: write /shop/.l9/pulumi/dev.json: no space left on device",
        "OSError: [Errno 122] Disk quota exceeded",
        "fork/exec /usr/bin/python: too many open files",
        "fork/exec /usr/bin/python: cannot allocate memory",
    ],
)
def test_what_the_machine_refuses_the_engine_is_the_machines(line: str):
    failure = engine_failure("pulumi up of stack dev failed:", ["agent desk: no", line], 255)
    assert failure.exit_code == EXIT_MACHINE
    assert line in str(failure) and "hint: make room" in str(failure)


def test_what_program_and_providers_said_is_the_engines():
    failure = engine_failure("pulumi up of stack dev failed:", ["agent desk did not become healthy"], 255)
    assert failure.exit_code == EXIT_ENGINE
    assert str(failure).splitlines() == ["pulumi up of stack dev failed:", "agent desk did not become healthy"]
