"""Documents that YAML allows and no schema needs: refused with a place, in every kind of file, and nothing is written.

CVE-2017-18342, CVE-2020-1747, CVE-2020-14343: a tag made an object. CVE-2025-4565: nesting without a limit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.inputs.limits import MAX_BYTES, MAX_DEPTH
from l9stack.project import Project
from l9stack.reading.documents import parse
from tests.hostile.product import DESK, META
from tests.hostile.test_imported import CANARY

ROOT = Path(__file__).parents[2]
LAUGHS = "\n".join([f"a0: &a0 [{'x, ' * 9}x]", *(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}x]" for n in range(1, 9))])
DOCUMENTS = {
    "tag": ("a: !!python/object/apply:os.system ['touch l9_canary_ran']", "tag"),
    "tag-new": ("a: !!python/object/new:l9_canary {}", "tag"),
    "tag-module": ("a: !!python/module:l9_canary ''", "tag"),
    "tag-key": ("!!python/name:os.system : 1", "tag"),
    "tag-local": ("a: !include /etc/passwd", "tag"),
    "tag-verbatim": ("a: !<tag:yaml.org,2002:python/name:os.system> x", "tag"),
    "tag-directive": ("%TAG ! tag:yaml.org,2002:python/\n---\na: !name:os.system x", "tag"),
    "alias-bomb": (LAUGHS, "alias"),
    "alias-of-itself": ("a: &a [*a]", "alias"),
    "merge": ("a: &a {x: 1}\nb: {<<: *a}", "alias"),
    "anchor": ("a: &a 1", "alias"),
    "duplicate": ("a: 1\nb: 2\na: 3", "duplicate-key"),
    "duplicate-quoted": ('a: {x: 1, "\\x78": 2}', "duplicate-key"),
    "key-mapping": ("{a: 1}: 2", "key-not-text"),
    "key-list": ("? [a]\n: 2", "key-not-text"),
    "deep-flow": ("a: " + "[" * 1000 + "]" * 1000, "too-deep"),
    "deep-flow-open": ("a: " + "{a: " * 100_000, "too-deep"),
    "deep-block": ("\n".join(f"{' ' * n}a:" for n in range(1000)), "too-deep"),
    "large": ("a: " + "x" * MAX_BYTES, "too-large"),
    "large-list": ("a: [" + "x, " * (MAX_BYTES // 3) + "x]", "too-large"),
    "nul": ('a: "x\\0y"', "control-character"),
    "bidi": ('a: "\\u202e"', "control-character"),
    "raw-control": ("a: x\x1by", "control-character"),
    "surrogate": ('a: "\\ud800"', "yaml-syntax"),
}


@pytest.fixture
def project(tmp_path):
    """A project with the collection of every kind of field."""
    shutil.copytree(DESK, tmp_path / "desk")
    shutil.copytree(META, tmp_path / "templates" / "meta")
    (tmp_path / ".l9").mkdir()
    return Project(tmp_path)


@pytest.mark.parametrize("file", ["desk/agents.yaml", "desk/glue.yaml", "desk/answers.yaml", "desk/more.md",
                                  "templates/meta/meta.codegen.schema.yaml"])  # fmt: skip
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_refused_where_it_stands(project, name, file):
    text, code = DOCUMENTS[name]
    path = project.root / file
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    said = f"{before}\n---\n{text}\n" if file.endswith(".yaml") and "TAG" not in text else f"{text}\n"
    path.write_text(f"# More\n\n```yaml\n{text}\n```\n" if file.endswith(".md") else said, encoding="utf-8")
    files = sorted(project.root.rglob("*"))
    with pytest.raises(InputError) as refused:
        prepare(Inputs.read(project, project.root / "desk"))
    found = [problem for problem in refused.value.problems if problem.code == code]
    assert found and found[0].place is not None
    assert found[0].place.file.endswith(Path(file).name)
    assert code == "too-large" or found[0].place.line > (2 if file.endswith(".md") else said.count("\n---\n"))
    assert sorted(project.root.rglob("*")) == files


def test_limits_are_settings_of_the_environment(monkeypatch):
    deep, large = "[" * 80 + "]" * 80, "x" * 2000
    assert [problem.code for problem in parse(deep, "x.yaml")[1]] == ["too-deep"]
    monkeypatch.setenv("L9_MAX_DEPTH", "80")
    monkeypatch.setenv("L9_MAX_DOCUMENT_BYTES", "1000")
    assert parse(deep, "x.yaml")[1] == []
    assert [problem.code for problem in parse(large, "x.yaml")[1]] == ["too-large"]
    for wrong in ("0", "-1", "x", "1000", "1e9", "\u0661"):
        monkeypatch.setenv("L9_MAX_DEPTH", wrong)
        with pytest.raises(InputError, match="bad-limit"):
            parse("a: 1", "x.yaml")
    assert MAX_DEPTH == 64 and MAX_BYTES == 1 << 20


def test_a_refusal_on_the_command_line_runs_writes_and_obeys_nothing(project):
    """The terminal shows what it would obey as an escape (CWE-150), and no file is made."""
    (project.root / "l9_canary.py").write_text(CANARY)
    schema = project.root / "desk" / "agents.yaml"
    schema.write_text(
        schema.read_text(encoding="utf-8").replace("depends_on:", '"depends_om\\e[2J\\u202e": 1\ndepends_on:', 1)
    )
    shutil.copy(ROOT / "Pulumi.yaml", project.root)
    files = sorted(project.root.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", "from l9stack.cli.main import run; run()", "validate", "desk"],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "agents.yaml:" in done.stderr
    assert all(char.isprintable() or char == "\n" for char in done.stdout + done.stderr)
    assert sorted(project.root.rglob("*")) == files
