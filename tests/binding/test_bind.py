"""`l9 bind`, from an operation that nobody has bound to one that answers by a function of the user's own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.agent.testing._serving import serving
from l9stack.errors import GateError
from l9stack.extraction.prepare import prepare
from l9stack.gates import evaluation
from l9stack.gates.static import static_checks
from l9stack.inputs import Inputs
from l9stack.output.view import write_tree
from l9stack.project import Project

BODY = "    return {'weight': request.pages * 4.5}\n"


def own_tests(office: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "implementations/tests"]
    return subprocess.run(command, cwd=office.parent, capture_output=True, text=True, check=False)


def write_body(office: Path) -> None:
    function = office.parent / "implementations" / "office" / "desk_weigh.py"
    head, unfinished, _ = function.read_text().partition("    raise NotImplementedError(")
    assert unfinished
    function.write_text(head + BODY)


async def test_the_loop_from_unbound_to_bound_tested_and_answering(office, l9, capsys, tmp_path_factory, l9_backends):
    assert l9("bind", "desk.weigh", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["implementation"] == "office.desk_weigh:weigh"

    failing = own_tests(office)
    assert failing.returncode == 1
    assert "write the body of weigh in office.desk_weigh" in failing.stdout
    unwritten = prepare(Inputs.read(Project(office.parent), office))
    folder = tmp_path_factory.mktemp("unwritten")
    write_tree(unwritten.tree, folder)
    with pytest.raises(GateError, match=r"implementations/office/desk_weigh.py:\d+.*no_stub_bodies"):
        evaluation.require(unwritten.plan, static_checks(unwritten.plan, unwritten.tree, folder))

    write_body(office)
    passing = own_tests(office)
    assert passing.returncode == 0, passing.stdout
    written = prepare(Inputs.read(Project(office.parent), office))
    folder = tmp_path_factory.mktemp("written")
    write_tree(written.tree, folder)
    evaluation.require(written.plan, static_checks(written.plan, written.tree, folder))
    manifest, own = folder / "manifests" / "desk.json", office.parent / "implementations"
    async with serving(manifest, folder / "code", l9_backends, extra=(own,)) as agent:
        reply = await agent.call("weigh", {"pages": 8})
    assert (reply.status, reply.body) == (200, {"weight": 36.0})


def test_validate_says_whose_body_is_missing_and_where(office, l9, capsys):
    assert l9("bind", "Desk.weigh") == 0
    capsys.readouterr()
    plan = prepare(Inputs.read(Project(office.parent), office)).plan
    unfinished = [question for question in plan.questions if question.code == "unfinished-implementation"]
    assert [question.place.file for question in unfinished] == ["implementations/office/desk_weigh.py"]
    assert plan.agent("desk").operation("weigh").response is not None  # what the glue says of it still holds


def test_two_operations_of_one_agent_are_bound_one_after_the_other(office, l9):
    assert l9("bind", "desk.weigh") == 0
    assert l9("bind", "desk.answer") == 0  # its shape is not declared: any object in, any object out
    plan = prepare(Inputs.read(Project(office.parent), office)).plan
    assert all(operation.bound for operation in plan.agent("desk").operations)
    assert "Payload" in (office.parent / "implementations" / "office" / "desk_answer.py").read_text()


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ("desk.wiegh", "did you mean desk.weigh?"),
        ("dekc.weigh", "did you mean desk.weigh"),
        ("weigh", "did you mean desk.weigh?"),
        ("desk.file", "office.glue.yaml:8:5: already-bound: desk.file is bound already, by the behaviour transform"),
    ],
)
def test_what_cannot_be_bound_is_told_and_nothing_is_written(office, l9, capsys, operation, told):
    before = sorted(office.parent.rglob("*"))
    assert l9("bind", operation) == 1
    assert told in capsys.readouterr().err
    assert sorted(office.parent.rglob("*")) == before


def test_what_is_bound_by_a_function_says_which_and_where(office, l9, capsys):
    assert l9("bind", "desk.weigh") == 0
    capsys.readouterr()
    assert l9("bind", "desk.weigh") == 1
    error = capsys.readouterr().err
    assert "office.answers.yaml:5:5" in error
    assert "office.desk_weigh:weigh" in error


@pytest.mark.parametrize("name", ["office/desk_weigh.py", "tests/test_desk_weigh.py"])
def test_no_file_is_written_over(office, l9, capsys, name):
    mine = office.parent / "implementations" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine = True\n")
    assert l9("bind", "desk.weigh") == 1
    assert f"implementations/{name}" in capsys.readouterr().err
    assert mine.read_text() == "mine = True\n"
    assert not (office.parent / "office.answers.yaml").exists()


def test_taking_it_back_as_it_says_gives_the_collection_of_before(office, l9, capsys):
    answers = office.parent / "office.answers.yaml"
    answers.write_text("# ours\nsettings:\n  logging.level: INFO\n")
    before = prepare(Inputs.read(Project(office.parent), office)).tree.digest
    assert l9("bind", "desk.weigh", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert prepare(Inputs.read(Project(office.parent), office)).tree.digest != before
    for path in said["written"]:
        Path(path).unlink()
    lines = answers.read_text().splitlines(keepends=True)
    del lines[said["answers"]["first"] - 1 : said["answers"]["last"]]
    answers.write_text("".join(lines))
    assert prepare(Inputs.read(Project(office.parent), office)).tree.digest == before
