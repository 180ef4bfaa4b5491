"""The guide and the README say what is there: files, commands, YAML, codes and figures."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from l9stack.cli.commands import ROWS
from l9stack.extraction.prepare import plan_of
from l9stack.gates import static  # noqa: F401 - importing it registers the gates
from l9stack.gates.registry import known_gates, rows_of
from l9stack.inputs import Inputs
from l9stack.inputs.read import meta_templates
from l9stack.project import Project
from l9stack.reading.meta import FILES, read_meta
from tests.cli.grammar import parsed

ROOT = Path(__file__).resolve().parents[2]
META = ROOT / "templates" / "meta"
GUIDE = META / "CODEGEN_USAGE_GUIDE.md"
README = ROOT / "README.md"
EXAMPLE = ROOT / "input_schemas" / "claims_desk"


def blocks(document: Path, info: str) -> list[str]:
    """The texts of all fences of a kind."""
    tokens = MarkdownIt("commonmark").enable("table").parse(document.read_text(encoding="utf-8"))
    return [token.content for token in tokens if token.type == "fence" and token.info == info]


def inline(document: Path) -> Iterator[str]:
    """All inline code."""
    for token in MarkdownIt("commonmark").enable("table").parse(document.read_text(encoding="utf-8")):
        yield from (child.content for child in token.children or () if child.type == "code_inline")


YAML = {text.splitlines()[0].removeprefix("# "): text for text in blocks(GUIDE, "yaml")}
FRAGMENTS = sorted(name for name in YAML if name.startswith("templates/meta/"))


def merged(base: Any, fragment: Any) -> Any:
    """A template in which the fragment's keys were changed, and the rest was kept."""
    if isinstance(base, dict) and isinstance(fragment, dict):
        return {**base, **{key: merged(base.get(key), value) for key, value in fragment.items()}}
    return fragment


@pytest.fixture
def customised(tmp_path: Path) -> Path:
    """The shipped templates with every fragment of the guide applied."""
    folder = tmp_path / "meta"
    shutil.copytree(META, folder)
    for name in FRAGMENTS:
        path = folder / Path(name).name
        whole = merged(yaml.safe_load(path.read_text(encoding="utf-8")), yaml.safe_load(YAML[name]))
        path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return folder


def collection(folder: Path, *leave_out: str) -> Path:
    """The guide's collection, written as the guide says."""
    for name, text in YAML.items():
        if name.startswith("input_schemas/") and not name.endswith(leave_out or "nothing"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    return folder / "input_schemas" / "parcel_desk.yaml"


def test_every_block_of_yaml_says_which_file_it_is() -> None:
    assert len(YAML) == len(blocks(GUIDE, "yaml"))
    assert {Path(name).name for name in FRAGMENTS} <= set(FILES)
    assert all(name.startswith(("input_schemas/", "templates/meta/")) for name in YAML)


def test_the_guides_collection_is_valid_and_its_answers_answer_every_question(tmp_path: Path) -> None:
    found, plan = plan_of(Inputs.read(Project(ROOT), collection(tmp_path)))
    assert {note.code for note in found.notes} == {"ttl-from-prose", "no-dependencies", "absent"}
    assert plan.waves == (("route_desk",), ("parcel_intake",))
    assert plan.questions == ()
    (tmp_path / "open").mkdir()
    _, unanswered = plan_of(Inputs.read(Project(ROOT), collection(tmp_path / "open", ".answers.yaml")))
    assert "parcel_intake.accept is unbound" in unanswered.questions[0].message


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_reads_alone_and_within_its_file(name: str, tmp_path: Path, customised: Path) -> None:
    read_meta(meta_templates(customised))
    alone = tmp_path / "alone"
    shutil.copytree(META, alone)
    (alone / Path(name).name).write_text(YAML[name], encoding="utf-8")
    read_meta(meta_templates(alone))


def test_what_the_guide_changes_reaches_every_agent(customised: Path) -> None:
    _, plan = plan_of(Inputs.read(Project(ROOT), EXAMPLE, str(customised)))
    for agent in plan.agents:
        assert agent.setting("governance.anchors") == ["Your CTO", "Your Compliance Lead"]
        assert agent.setting("memory.redis.url") == "${YOUR_REDIS_URL}"
        assert agent.setting("memory.postgres.url") == "${YOUR_POSTGRES_URL}"
    assert plan.protocol.name == "YourProtocol"
    assert set(plan.protocol.required) == {"id", "sender", "body", "edition"}
    assert {row.gate: row.threshold for row in plan.gates}["coverage"] == 90
    shipped = read_meta(meta_templates(META))
    assert {row.gate for row in plan.gates} - {row.gate for row in shipped.gates} == {"no_print"}
    assert plan.flags == shipped.flags


def commands(document: Path) -> Iterator[list[str]]:
    """Every `l9` command of a document's blocks, as words; a line without `$` continues the one before it."""
    for text in blocks(document, "console"):
        for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            for part in [*re.findall(r"\$\((l9 [^)]*)\)", command), command]:
                words = shlex.split(part.partition(" > ")[0], comments=True)
                if words and words[0] in ("l9", ".venv/bin/l9"):
                    yield words[1:]


WRITTEN = [GUIDE, README, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
"""Pages with commands in them."""


@pytest.mark.parametrize("document", WRITTEN, ids=lambda path: path.name)
def test_every_command_is_one(document: Path) -> None:
    found = list(commands(document))
    assert len(found) > 5 or document not in (GUIDE, README, ROOT / "docs" / "index.md")
    for words in found:
        parsed(words)
    for code in inline(document):
        words = shlex.split(code) if code.startswith("l9 ") else []
        if len(words) > 2:
            parsed(words[1:])
        elif len(words) == 2 and words[1] != "…":
            assert words[1] in ROWS or words[1] in ("--help", "--version"), code


def paths(tree: str) -> Iterator[tuple[str, bool]]:
    """Every path of a tree that is drawn by indentation, and whether a command makes it."""
    folders: list[tuple[int, str, bool]] = []
    for line in tree.splitlines():
        indent, name = len(line) - len(line.lstrip()), line.split()[0]
        while folders and folders[-1][0] >= indent:
            folders.pop()
        made = "[made by l9 " in line or any(part[2] for part in folders)
        yield "".join(part[1] for part in folders) + name, made
        if name.endswith("/"):
            folders.append((indent, name, made))


def test_every_file_of_the_tree_is_there_or_is_made_by_a_command() -> None:
    listed = list(paths(blocks(GUIDE, "text")[0]))
    assert "templates/meta/CODEGEN_USAGE_GUIDE.md" in dict(listed)
    assert "extractions/claims_desk_20250101_120000/evidence_report.md" in dict(listed)
    for path, made in listed:
        assert made or (ROOT / path).exists(), path
        assert (ROOT / path).is_dir() or made or not path.endswith("/"), path


def test_the_table_of_gates_has_the_figures_that_are_asked() -> None:
    plan = plan_of(Inputs.read(Project(ROOT), EXAMPLE))[1]
    asked = {"flag": "holds", "percent": "≥ {:g} %", "count_min": "≥ {:g}", "count_max": "≤ {:g}"}
    own = {row.gate for row in rows_of(plan.model_copy(update={"gates": ()}))}
    rows = GUIDE.read_text(encoding="utf-8").splitlines()
    for row in rows_of(plan):
        line = next(line for line in rows if line.startswith(f"| {row.phase} | "))
        star = "*" if row.gate in own else ""
        assert f"`{row.gate}`{star} {asked[row.unit].format(row.threshold)}" in line, row.gate
    listed = re.findall(r"`([a-z_]+)`\*? (?:holds|[≥≤])", "\n".join(rows))
    assert sorted(listed) == sorted(row.gate for row in rows_of(plan))


def test_every_code_is_one_that_is_told() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "l9stack").rglob("*.py"))
    part = GUIDE.read_text(encoding="utf-8").partition("## Part 5")[2].partition("## Part 6")[0]
    codes = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", part))
    assert len(codes) > 20
    for code in codes:
        gate = code.removeprefix("gate-").replace("-", "_")
        assert (gate in known_gates()) if code.startswith("gate-") else (f'"{code}"' in sources), code
