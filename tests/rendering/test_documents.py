"""Documents: every one that a schema asks for, true commands, and texts of a schema that stay texts."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from l9stack.agent.memory._retention import span_of
from l9stack.extraction.prepare import plan_of, prepare
from l9stack.gates.syntax import expected_files
from l9stack.inputs import Inputs
from l9stack.model.plan import Plan
from l9stack.project import Project
from l9stack.rendering.documents.pages import render_documents
from tests.cli.grammar import parsed

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "input_schemas" / "claims_desk"
HOSTILE = (
    "a | b \\| c `x` ``` <script>alert(1)</script> <!-- [go](javascript:alert(1)) ![i](https://evil.example/i.png)"
    ' https://evil.example www.evil.example **b** <https://evil.example> &lt; "] --> me'
    "\n\n# Head\n\n---\n\n```\n| x | y |\n"
)
PLAIN = "plain words"
DOCUMENTS = [
    "README.md",
    "CONFIG.md",
    "api-spec.md",
    "DEPLOYMENT.md",
    "ARCHITECTURE.md",
    "AUTONOMY_RULES.md",
    "INTEGRATION_GUIDE.md",
    "PERFORMANCE_GUIDE.md",
    "ops/ON_CALL.md",
    "USER_GUIDE.md",
]


def documents(path: Path) -> dict[str, str]:
    """Every document of a collection, by path."""
    plan = plan_of(Inputs.read(Project(ROOT), path))[1]
    return documents_of(plan)


def documents_of(plan: Plan) -> dict[str, str]:
    """Every document of a plan, by path."""
    return {path: text for agent in plan.agents for path, text in render_documents(plan, agent).items()}


@pytest.fixture(scope="module")
def example() -> Plan:
    """The plan of the example."""
    return plan_of(Inputs.read(Project(ROOT), EXAMPLE))[1]


def collection(folder: Path, text: str) -> Path:
    """An agent whose every free text is `text`, beside one that it asks."""
    folder.mkdir()
    # Of an identity, what looks like a placeholder makes a template: that much of the text stands everywhere else.
    named = re.sub(r"\[[^\[\]]*\]|<(?=[A-Za-z])", "", text)
    field = {"type": "string", "max_length": 4000, "description": text, "example": text}
    asked = {"system": "Clerk", "module": "clerk", "name": "Clerk", "role": named, "rootpath": "L9/agents/clerk",
             "governance": {"anchors": ["Lead"]}, "deployment": {"endpoints": ["POST /clerk/answer"]},
             "cursorinstructions": {"generatefiles": ["controller.py"], "generatedocs": ["README.md"]}}  # fmt: skip
    desk = {
        "system": f"Desk {named}",
        "module": f"desk {named}",
        "name": "Desk",
        "role": named,
        "rootpath": "L9/agents/desk",
        "depends_on": {"hard": [], "soft": [text]},
        "integration": {"connectto": [text]},
        "governance": {
            "anchors": [f"Lead {text}"],
            "mode": "hybrid",
            "escalationpolicy": f"Auto-escalate if: score > 3, {re.sub('[-;]', '', text.splitlines()[0])}",
            "auditscope": [text],
        },
        "memorytopology": {
            "workingmemory": {"storagetype": "redis", "keyspace": text, "purpose": text},
            "episodicmemory": {"storagetype": "postgres", "retention": text, "indexby": [text]},
            "semanticmemory": {
                "storagetype": "neo4j",
                "structure": [{"node_type": text, "fields": [text, f"{text}2"]}],
            },
            "causalmemory": {"storagetype": "hypergraphdb", "schema": [{"factor": text, "influences": [text]}]},
        },
        "cursorinstructions": {
            "generatefiles": ["controller.py", "config.py", "rules.py"],
            "generatedocs": DOCUMENTS,
            "linkexisting": [text],
        },
        "deployment": {"endpoints": ["GET /desk/{ticket}/look", "POST /desk/open"], "apis": [{text: text}]},
        "settings": {"greeting": text},
        "reasoningengine": {"framework": text, "deep": [{text: text}]},
    }
    glue = {
        "schema_to_code": {
            "rules": {
                "target": "rules.py",
                "requires": [text],
                "functions": [{"weigh": {"signature": text, "docstring": text, "logic": text}}],
                "validation_rules": [{"rule": text}],
                "models": ["Bare"],
            }
        },
        "operations": {
            "desk.look": {
                "summary": text,
                "request": {"ticket": field, "kind": {"type": "string", "choices": [text, "other"]}},
                "response": {"word": field},
                "behaviour": {
                    "decision_table": {
                        "rows": [{"when": f"kind == {text!r}", "then": {"word": text}}],
                        "otherwise": {"word": "=ticket"},
                    }
                },
            },
            "desk.open": {
                "summary": text,
                "request": {"ticket": field},
                "response": {"word": field},
                "behaviour": {"route": {"to": "clerk.answer", "send": {"ticket": "ticket"},
                                        "assign": {"word": "answer.word"}}},
            },
            "clerk.answer": {
                "request": {"ticket": field},
                "response": {"word": field},
                "behaviour": {"transform": {"assign": {"word": "ticket"}}},
            },
        },
    }  # fmt: skip
    (folder / "agents.yaml").write_text(f"---\n{json.dumps(asked)}\n---\n{json.dumps(desk)}\n", encoding="utf-8")
    (folder / "glue.yaml").write_text(json.dumps(glue), encoding="utf-8")
    return folder


def test_every_document_that_a_schema_asks_for_is_in_the_tree_and_in_the_manifest() -> None:
    prepared = prepare(Inputs.read(Project(ROOT), EXAMPLE))
    texts = {artifact.path: artifact for artifact in prepared.tree.artifacts}
    for agent in prepared.plan.agents:
        wanted = {path for path in expected_files(agent) if path.startswith("docs/")}
        assert wanted
        assert {path for path in texts if path.startswith(f"docs/{agent.id}/")} == wanted
        assert {texts[path].agent for path in wanted} == {agent.id}
        assert set(json.loads(texts[f"manifests/{agent.id}.json"].text)["artifacts"]["docs"]) == wanted


def test_names_lead_to_their_families_whatever_their_case_and_separators(tmp_path: Path) -> None:
    made = documents(collection(tmp_path / "desk", PLAIN))
    headings = {
        path.removeprefix("docs/desk/"): text.splitlines()[0] for path, text in made.items() if "/desk/" in path
    }
    assert headings["api-spec.md"] == "# Desk: interface"
    assert headings["AUTONOMY_RULES.md"] == "# Desk: autonomy rules"
    assert headings["ops/ON_CALL.md"] == "# Desk: on call"
    assert "[README.md](../README.md)" in made["docs/desk/ops/ON_CALL.md"]


def test_a_second_document_of_a_family_holds_its_own_part_and_leads_to_the_first(tmp_path: Path) -> None:
    folder = collection(tmp_path / "desk", PLAIN)
    agents = (folder / "agents.yaml").read_text()
    more = ["ops/HOW_TO_LOOK.md", "TROUBLESHOOTING.md", "ops/configuration.md"]
    (folder / "agents.yaml").write_text(agents.replace('"USER_GUIDE.md"]', json.dumps(["USER_GUIDE.md", *more])[1:]))
    made = documents(folder)
    look, trouble, config = (made[f"docs/desk/{name}"] for name in more)
    assert "stands in [USER_GUIDE.md](../USER_GUIDE.md)" in look
    assert re.findall(r"(?m)^## (.*)$", look) == ["Look", "Other documents"]
    assert "stands in [ops/ON_CALL.md](ops/ON_CALL.md)" in re.sub(r"\\(.)", r"\1", trouble)
    assert "stands in [CONFIG.md](../CONFIG.md)" in config
    assert re.findall(r"(?m)^#+ (.*)$", trouble) == ["Desk: troubleshooting", "Other documents"]


def test_every_problem_that_the_library_answers_with_is_told_and_no_other(tmp_path: Path) -> None:
    folder = collection(tmp_path / "desk", PLAIN)
    agents = (folder / "agents.yaml").read_text()
    changed = agents.replace('"mode": "hybrid"', '"mode": "hybrid", "humanoverride": false')
    (folder / "agents.yaml").write_text(changed.replace('"POST /desk/open"]', '"POST /desk/open", "POST /desk/shut"]'))
    (folder / "answers.yaml").write_text("settings: {governance.unbound_operations: refuse}\n")
    rows = re.findall(r"(?m)^\| (\d{3}) \| (.*?) \|", documents(folder)["docs/desk/api-spec.md"])
    told = {(int(status), code) for status, codes in rows for code in re.findall(r"`([a-z-]+)`", codes)}
    library = "".join(path.read_text() for path in (ROOT / "l9stack" / "agent").rglob("*.py"))
    answered = {(int(status), code) for status, code in re.findall(r'\bproblem\(\s*(\d{3}),\s*"([a-z-]+)"', library)}
    failed = {(500, "operation-failed"), (502, "peer-failed"), (504, "operation-failed"), (504, "peer-failed")}
    assert told == answered | failed


def test_a_retention_is_told_as_it_is_kept(tmp_path: Path) -> None:
    for text, kept in (("90 days", True), ("3_years", True), ("for good", False), ("0 days", False)):
        folder = collection(tmp_path / text, PLAIN)
        agents = folder / "agents.yaml"
        agents.write_text(
            agents.read_text().replace('"retention": "plain words"', json.dumps({"retention": text})[1:-1])
        )
        made = documents(folder)
        assert (span_of(text) is not None) == kept
        assert ("What is older is deleted once a day." in made["docs/desk/ARCHITECTURE.md"]) == kept
        assert ("older is deleted" in made["docs/desk/README.md"]) == kept


def tokens(text: str) -> list[Any]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def shape(text: str) -> list[str]:
    """Block tokens in order, without what they say."""
    return [token.type for token in tokens(text)]


def columns(row: str) -> tuple[int, int]:
    """Pipes that end a cell: for readers that look one character back, and for those that pair backslashes."""
    return len(re.findall(r"(?<!\\)\|", row)), re.sub(r"\\.", "", row).count("|")


def test_texts_of_a_schema_stay_texts(tmp_path: Path) -> None:
    plain = documents(collection(tmp_path / "plain", PLAIN))
    hostile = documents(collection(tmp_path / "hostile", HOSTILE))
    assert plain.keys() == hostile.keys()
    for path, text in hostile.items():
        assert shape(text) == shape(plain[path]), path
        inner = [child for token in tokens(text) for child in token.children or ()]
        assert {child.type for child in inner} <= {
            "text", "code_inline", "link_open", "link_close", "softbreak", "text_special", "strong_open", "strong_close"
        }, path  # fmt: skip
        ours = {child.content for token in tokens(plain[path]) for child in token.children or ()}
        strong = [inner[place + 1].content for place, child in enumerate(inner) if child.type == "strong_open"]
        assert set(strong) <= ours
        links = [child.attrs["href"] for child in inner if child.type == "link_open"]
        assert all(re.fullmatch(r"(\.\./)?(ops/)?[A-Za-z_-]+\.md", str(link)) for link in links), path
        # Nor does a reader that looks for bare addresses find one.
        raw = [re.sub(r"\\.", "", token.content) for token in tokens(text) if token.type == "inline"]
        assert not [line for line in raw if "https:" in re.sub(r"(`+)[^`].*?\1(?!`)", "", line)], path
        for table in (token.map for token in tokens(text) if token.type == "table_open"):
            assert len({columns(row) for row in text.splitlines()[table[0] : table[1]]}) == 1, path


def test_nothing_leaves_its_place_in_the_picture(tmp_path: Path) -> None:
    text = documents(collection(tmp_path / "desk", HOSTILE))["docs/desk/ARCHITECTURE.md"]
    pictures = [token.content for token in tokens(text) if token.type == "fence" and token.info == "mermaid"]
    label = r'"[^"`<>\[\]{}()|#;&\\]+"'
    node = rf"    (me|n\d+)(\[{label}\]|\[\({label}\)\]|\(\[{label}\]\))"
    arrow = rf"    (me|n\d+) -->(\|{label}\|)? (me|n\d+)"
    assert len(pictures) == 1
    assert len(pictures[0].splitlines()) > 5
    for line in pictures[0].splitlines()[1:]:
        assert re.fullmatch(f"{node}|{arrow}", line), line


def test_commands_are_of_the_command_line_and_send_what_the_operation_takes(example: Plan) -> None:
    called: set[str] = set()
    for path, text in documents_of(example).items():
        blocks = [token.content for token in tokens(text) if token.type == "fence" and token.info == "sh"]
        for line in "".join(blocks).replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] != ["l9"]:
                continue
            command, given = parsed(words[1:])
            if command == "call":
                agent, _, name = given["operation"].partition(".")
                operation = example.agent(agent).operation(name)
                assert set(json.loads(given["data"])) == {spec.name for spec in operation.request or ()}, path
                called.add(given["operation"])
    with_interface = [agent for agent in example.agents if "API_SPEC.md" in agent.spec.generate_docs]
    assert {f"{agent.id}.{op.name}" for agent in with_interface for op in agent.operations} <= called


def test_a_get_puts_its_arguments_into_the_address(tmp_path: Path) -> None:
    text = documents(collection(tmp_path / "desk", "a b/c"))["docs/desk/api-spec.md"]
    assert """-X GET "$ENDPOINT"'/desk/a%20b%2Fc/look?kind=a+b%2Fc' -H""" in text


def test_readmes_differ_by_more_than_names(example: Plan) -> None:
    texts = set()
    for agent in example.agents:
        text = documents_of(example)[f"docs/{agent.id}/README.md"]
        for name in (agent.package, agent.id, agent.spec.name, agent.spec.system):
            text = text.replace(name, "AGENT")
        texts.add(text)
    assert len(texts) == len(example.agents)


def test_documents_change_with_their_own_agent_only(tmp_path: Path, example: Plan) -> None:
    moved = tmp_path / "claims_desk"
    shutil.copytree(EXAMPLE, moved)
    (moved / "customer_notice.yaml").unlink()
    for name in ("agents.yaml", "glue.yaml", "answers.yaml"):
        (moved / name).write_text(f"# a line more\n{(moved / name).read_text(encoding='utf-8')}", encoding="utf-8")
    wanted = {path: text for path, text in documents_of(example).items() if "/customer_notice/" not in path}
    assert documents(moved) == wanted


def test_no_password_of_an_address_is_printed(tmp_path: Path) -> None:
    folder = collection(tmp_path / "desk", PLAIN)
    (folder / "answers.yaml").write_text('settings: {memory.redis.url: "redis://me:sesame@cache:6379/0"}\n')
    text = documents(folder)["docs/desk/CONFIG.md"]
    assert "redis://…@cache:6379/0" in text
    assert "sesame" not in text
