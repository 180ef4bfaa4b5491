"""Everything of a project is killed in the middle of an `up`, as when the power fails: the next one gets there."""

import shutil

import pytest

from tests.e2e.conftest import REPOSITORY, Deployed, killed_at

pytestmark = pytest.mark.e2e
MINIMAL = REPOSITORY / "tests" / "golden" / "minimal"


def test_the_next_up_gets_there_and_what_was_called_before_is_known(project: Deployed):
    for name in ("input.yaml", "input.answers.yaml"):
        shutil.copy(MINIMAL / name, project.root / "input_schemas" / name.replace("input", "echo"))
    dev = project.root / "Pulumi.dev.yaml"
    dev.write_text(dev.read_text().replace("input_schemas/claims_desk", "input_schemas/echo.yaml"))
    for moment in ("create Service", "create Agent "):
        killed_at(project, moment)
    project.run("up")
    assert project.previewed() == []
    assert {part["health"] for part in project.data("status")["agents"]} == {"ok"}
    assert project.data("health")["healthy"] is True
    schema = project.root / "input_schemas" / "echo.yaml"
    schema.write_text(schema.read_text().replace("Answers with what it is told.", "Says what it is told."))
    assert project.data("releases")["last_deployment_failed"] is False
    killed_at(project, "update Agent ")
    assert project.data("releases")["last_deployment_failed"] is True
    dev.with_name("Pulumi.next.yaml").write_text(dev.read_text())
    refused = project.run("promote", "--from", "dev", "--to", "next", "--yes", expect=1).stderr
    assert "what it runs was not proven" in refused
    project.run("up")
    assert project.data("releases")["last_deployment_failed"] is False
