from __future__ import annotations

from pathlib import Path

import pytest

from l9stack.cli.main import main
from l9stack.errors import InputError
from l9stack.extraction.many import Batch, collections_in
from l9stack.extraction.prepare import plan_of
from l9stack.gates.evaluation import wired_operations
from l9stack.inputs import Inputs
from l9stack.model.glue import UnboundBehaviour
from l9stack.project import Project

GOLDEN = Path(__file__).parents[1] / "golden"


def test_sub_folders_and_schema_files_are_collections_and_what_lies_beside_them_is_none(tmp_path: Path) -> None:
    for name in ("one.yaml", "one.glue.yaml", "one.answers.yaml", "two.md", "README.md", "notes.txt", ".hidden.yaml"):
        (tmp_path / name).write_text("x")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "agents.yaml").write_text("x")
    (tmp_path / "implementations").mkdir()
    assert [path.name for path in collections_in(tmp_path)] == ["one.yaml", "three", "two.md"]
    with pytest.raises(InputError, match="holds no collection"):
        collections_in(tmp_path / "implementations")


def test_two_collections_of_one_name_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    paths = [tmp_path / "desk.yaml", tmp_path / "desk"]
    many = Batch(paths, tmp_path / "out", Project(tmp_path), None, 2)
    with pytest.raises(InputError, match=r"collection-twice: .*desk and .*desk\.yaml are both the collection desk"):
        list(many.results(lambda _message: None))
    assert not (tmp_path / "out").exists()


def test_collections_of_one_text_and_two_names_are_two(tmp_path: Path) -> None:
    texts = (GOLDEN / "minimal" / "input.yaml").read_text()
    for name in ("left", "right"):
        (tmp_path / f"{name}.yaml").write_text(texts)
    project = Project(tmp_path)
    assert Inputs.read(project, tmp_path / "left.yaml").digest != Inputs.read(project, tmp_path / "right.yaml").digest


def test_either_paths_or_a_folder_of_them_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", str(tmp_path), "--all", str(tmp_path)]) == 2
    assert "--all" in capsys.readouterr().err


def test_calls_that_end_at_unbound_operations_are_counted_apart(tmp_path: Path) -> None:
    _, plan = plan_of(Inputs.read(Project(tmp_path), GOLDEN / "behaviours"))
    calls, unbound = wired_operations(plan)
    bound = {f"{agent.id}.{operation.name}": operation.bound for agent in plan.agents for operation in agent.operations}
    assert calls > 0
    assert all(not bound[call.partition(" → ")[2]] for call in unbound)
    agents = [
        agent.model_copy(
            update={
                "operations": tuple(
                    item.model_copy(update={"behaviour": UnboundBehaviour()}) for item in agent.operations
                )
            }
        )
        for agent in plan.agents
    ]
    assert len(wired_operations(plan.model_copy(update={"agents": tuple(agents)}))[1]) == calls
