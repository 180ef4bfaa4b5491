"""One line an event: secrets are never in it, and a client's failure is its message alone."""

import json

import pytest
import structlog

from l9stack.agent._telemetry import logs

FAILURE = 'GenericError: PUT http://h/b in 2 s, after 10 retries: <?xml version="1.0"?>\n<Error>Internal</Error>'


@pytest.fixture(autouse=True)
def configured():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_line_names_the_agent_and_holds_no_secret_and_no_records(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    logger = logs.logger("desk")
    logger.info("not told", token="opensesame", URL="redis://:opensesame@h")
    logger.error("memory write failed", reason=f"{FAILURE}\n\nDebug source:\nGeneric {{ store: S3 }}", attempts=3)
    logger.error("audit not anchored", error="x" * 9000)
    logger.debug("below the level")
    first, second, third = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["agent"], first["token"], first["URL"]) == ("desk", "[redacted]", "[redacted]")
    assert second["reason"] == FAILURE.replace("\n", " ") and second["attempts"] == 3
    assert len(third["error"]) == 500
