"""Plain Pulumi in a project, and a second collection on a stack of its own beside it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.e2e
MINIMAL = Path(__file__).parents[1] / "golden" / "minimal"


@pytest.fixture(scope="module")
def small(project: Deployed) -> Deployed:
    """The project, with the smallest collection in place of the example."""
    for name in ("input.yaml", "input.answers.yaml"):
        shutil.copy(MINIMAL / name, project.root / "input_schemas" / name.replace("input", "echo"))
    dev = project.root / "Pulumi.dev.yaml"
    dev.write_text(dev.read_text().replace("input_schemas/claims_desk", "input_schemas/echo.yaml"))
    return project


def test_up_preview_and_destroy_work_after_env(small: Deployed):
    small.pulumi("up", "--yes", "--skip-preview")
    assert small.previewed() == []
    outputs = json.loads(small.pulumi("stack", "output", "--json"))
    assert outputs["deployment_ready"] is True
    assert outputs["agents"]["echo"]["health"] == "ok"
    said = small.data("call", "echo.say", "--data", '{"text": "hello"}')
    assert (said["status"], said["body"]) == (200, {"text": "hello"})


def test_another_collection_runs_beside_it_on_its_own_stack(small: Deployed, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("elsewhere") / "pair"
    shutil.copytree(MINIMAL.parent / "behaviours", folder, ignore=shutil.ignore_patterns("expected", "digests.txt"))
    before = small.pids()
    small.run("up", "--collection", str(folder))
    assert set(small.pids("dev-pair")) == {"counter", "ledger"}
    assert small.pids() == before
    counted = '{"shelf": "A1", "first": 3, "second": 4}'
    answer = small.data("call", "counter.total", "--data", counted, "--stack", "dev-pair")
    assert (answer["status"], answer["body"]) == (200, {"entry": "A1", "total": 7})
    assert small.data("preview", "--stack", "dev-pair")["changes"] == []
    small.run("down", "--stack", "dev-pair")
    assert small.pids("dev-pair") == {}
    assert small.data("status")["agents"][0]["health"] == "ok"


def test_a_stack_that_is_not_there_is_not_said_to_be_down(small: Deployed):
    assert "the project has no stack dve" in small.run("down", "--stack", "dve", expect=1).stderr


def test_a_collection_with_mistakes_is_refused_with_places_and_changes_nothing(small: Deployed):
    schema = small.root / "input_schemas/echo.yaml"
    text, before = schema.read_text(), small.pids()
    schema.write_text(text.replace("rootpath: L9/agents/echo", "rootpath: ../outside"))
    said = small.run("up", expect=1).stderr
    assert "echo.yaml:6:" in said
    assert "Traceback" not in said
    told = small.data("preview", expect=1)["problems"]
    assert ("echo.yaml", 6) in {(problem["file"], problem["line"]) for problem in told}
    assert small.pids() == before
    schema.write_text(text)
    assert small.previewed() == []


def test_destroy_takes_it_down(small: Deployed):
    small.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
    answer = small.data("status", expect=1)
    assert [problem["code"] for problem in answer["problems"]] == ["not-deployed"]
