"""A stack as a Compose file: every service as safe as on the runtimes of Docker, and a file that Compose takes."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from l9stack.cli.main import main
from l9stack.engine.build import toolchain
from l9stack.errors import EngineError, InputError
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.infra.compose.export import export_compose
from l9stack.infra.runtimes.containers.services import SERVICES
from l9stack.inputs import Inputs
from l9stack.project import Project
from l9stack.releases.snapshots import Snapshots
from l9stack.rendering.yaml_text import yaml_text
from tests.component.conftest import EXAMPLE
from tests.real_servers.authority import make_authority

AGENTS = {"claim-intake", "coverage-check", "customer-notice", "damage-assessment", "settlement"}
HARD = {"damage-assessment": {"claim-intake"}, "settlement": {"coverage-check", "damage-assessment"}}
MODULE = "github.com/compose-spec/compose-go/v2@v2.6.0"
VALIDATOR = ("jsonschema==4.25.1",)
Export = Callable[..., Path]


@pytest.fixture(scope="module")
def folder(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    write_stack(project, "site", "{first_port: 30000, agent_memory_mb: 300, images: {redis: 'redis:7.4.9'}}")
    before = os.umask(0o077)
    try:
        return export_compose(project, "site", tmp_path_factory.mktemp("export")).folder
    finally:
        os.umask(before)


def test_what_images_are_built_from_can_be_read_by_everybody(folder: Path) -> None:
    images = folder / "images"
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (images, *images.rglob("*"))}
    assert modes == {(True, 0o755), (False, 0o644)}


@pytest.fixture(scope="module")
def compose(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text())
    return found


def write_stack(project: Project, stack: str, docker: str = "{}", more: str = "") -> None:
    lines = ["config:", f"  l9stack:collection: {EXAMPLE}", "  l9stack:runtime: docker", f"  l9stack:docker: {docker}"]
    if "monitoring" not in more:  # what watches a stack has a test of its own
        lines.append("  l9stack:monitoring: {servers: false}")
    (project.root / f"Pulumi.{stack}.yaml").write_text("\n".join(lines) + f"\n{more}")


def test_what_runs_are_backends_and_agents_and_who_brings_their_files(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"l9.files", *SERVICES, *AGENTS}
    for name in AGENTS | set(SERVICES):
        service = compose["services"][name]
        first = {other for other, how in service["depends_on"].items() if how == {"condition": "service_healthy"}}
        assert first == (set() if name in SERVICES else set(SERVICES) | HARD.get(name, set()))
        assert service["depends_on"]["l9.files"] == {"condition": "service_completed_successfully"}
    assert compose["services"]["redis"]["image"] == "redis:7.4.9"


def test_every_service_has_few_rights_and_bounds(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        serves = name != "l9.files"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
        assert service["mem_limit"] == service["memswap_limit"]
        assert ("cap_add" in service) is not serves
        assert (int(service["user"].partition(":")[0]) > 0) is serves
        assert service.get("network_mode") == (None if serves else "none")
        assert service["restart"] == ("unless-stopped" if serves else "no")
        if serves:
            assert set(service["healthcheck"]) == {"test", "interval", "timeout", "retries", "start_period"}
            assert all(volume.endswith(":ro") for volume in service["volumes"] if "-files:" in volume)
    assert compose["services"]["settlement"]["mem_limit"] == "300m"


def test_only_agents_have_a_way_out_and_a_port(compose: dict[str, Any]) -> None:
    assert compose["networks"] == {"backends": {"internal": True}, "agents": {}}
    published = set()
    for name, service in compose["services"].items():
        if name in AGENTS:
            (port,) = service["ports"]
            assert re.fullmatch(r"127\.0\.0\.1:3\d{4}:8080", port)
            published.add(port)
            assert service["networks"] == ["backends", "agents"]
        else:
            assert "ports" not in service
            assert service.get("networks", ["backends"]) == ["backends"]
    assert len(published) == len(AGENTS)


def test_no_secret_is_outside_of_its_folder(folder: Path, compose: dict[str, Any]) -> None:
    secret = folder / "secrets"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o700
    words = {path.read_text().strip() for path in secret.iterdir() if path.suffix in (".password", ".key")}
    assert len(words) == len(SERVICES) + len(AGENTS)
    for path in folder.rglob("*"):
        if path.is_file() and path.parent == secret:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        elif path.is_file():
            assert not any(word in path.read_text(errors="replace") for word in words), path
    assert (folder / ".gitignore").read_text() == "secrets/\n"
    assert {part["file"] for part in compose["secrets"].values()} <= {
        f"./secrets/{path.name}" for path in secret.iterdir()
    }
    assert sorted(compose["services"]["l9.files"]["secrets"]) == sorted(compose["secrets"])


def test_nothing_is_a_variable_of_compose(folder: Path) -> None:
    text = (folder / "compose.yaml").read_text()
    assert "$$" in text
    assert not re.search(r"(?<!\$)(?:\$\$)*\$(?!\$)", text)


def test_a_second_export_keeps_secrets_and_writes_the_same(
    project: Project, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = tmp_path / "again"
    shutil.copytree(folder, copied)
    monkeypatch.chdir(project.root)
    assert main(["export", "compose", "--stack", "site", "--output", str(copied), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == str(copied) and set(told["endpoints"]) == {name.replace("-", "_") for name in AGENTS}
    files = {path.relative_to(copied): path.read_bytes() for path in copied.rglob("*") if path.is_file()}
    assert files == {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_schema_is_one_image(project: Project, folder: Path, reworded: PreparedCollection, tmp_path: Path) -> None:
    write_stack(reworded.project, "site", "{first_port: 30000, images: {redis: 'redis:7.4.9'}}")
    other = export_compose(reworded.project, "site", tmp_path).folder
    before, after = (
        {
            name: service["image"]
            for name, service in yaml.safe_load((path / "compose.yaml").read_text())["services"].items()
        }
        for path in (folder, other)
    )
    assert {name for name in before if before[name] != after[name]} == {"coverage-check"}
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", (folder / "images/Dockerfile").read_text(), re.MULTILINE)
    known = {"python:3.11.14-slim-bookworm"}
    for below, name in stages:
        assert below in known
        known.add(name)
    assert {f"agent-{name}" for name in AGENTS} <= known


def test_of_a_pinned_stack_its_release_is_exported(reworded: PreparedCollection, tmp_path: Path) -> None:
    kept = Snapshots(reworded.project).keep(prepare(Inputs.read(reworded.project, reworded.inputs.path)))
    write_stack(reworded.project, "kept", "{first_port: 30000}")
    file = reworded.project.root / "Pulumi.kept.yaml"
    file.write_text(f"{file.read_text().rstrip()}\n  l9stack:release: {kept.digest}\n")
    before = export_compose(reworded.project, "kept", tmp_path / "before").folder
    schema = reworded.inputs.path / "agents.yaml"
    text = schema.read_text()
    schema.write_text(text.replace("whether a parcel was covered", "if a parcel was covered"))
    try:
        after = export_compose(reworded.project, "kept", tmp_path / "after").folder
    finally:
        schema.write_text(text)
    code = [
        {file.relative_to(path): file.read_bytes() for file in (path / "images").rglob("*.py")}
        for path in (before, after)
    ]
    assert code[0] and code[0] == code[1]


def test_a_backend_by_url_is_no_container(project: Project, tmp_path: Path) -> None:
    url = "redis://:word@cache.example.com:6379/0"
    write_stack(project, "plain", more=f"  l9stack:backends: {{redis: '{url}'}}\n")
    found = yaml.safe_load((export_compose(project, "plain", tmp_path).folder / "compose.yaml").read_text())
    assert "redis" not in found["services"]
    assert "redis" not in found["services"]["settlement"]["depends_on"]
    assert f"L9_REDIS_URL='{url}'" in (tmp_path / "secrets/agents.env").read_text()
    assert url not in (tmp_path / "compose.yaml").read_text()


def test_an_encrypted_url_is_asked_for_by_file(project: Project, tmp_path: Path) -> None:
    write_stack(project, "sealed", more="  l9stack:backends:\n    redis: {secure: 'v1:abc:def'}\n")
    with pytest.raises(InputError) as refused:
        export_compose(project, "sealed", tmp_path)
    (problem,) = refused.value.problems
    assert problem.place is not None and problem.place.file == str(tmp_path / "secrets/redis.url")
    (tmp_path / "secrets").mkdir(exist_ok=True)
    (tmp_path / "secrets/redis.url").write_text("rediss://u:p@h:6380/0\n")
    export_compose(project, "sealed", tmp_path)
    assert "L9_REDIS_URL='rediss://u:p@h:6380/0'" in (tmp_path / "secrets/agents.env").read_text()


OTHERS = """\
  l9stack:backends:
    archive: s3://claims
    postgres: postgresql://l9:word@db.example.com/l9?sslmode=verify-full
  l9stack:archive:
    endpoint: https://s3.example.com:9000
    region: eu-central-1
    access_key: AKID
    secret_key: {secure: 'v1:abc:def'}
  l9stack:certificates:
    archive: certificates/own.pem
    redis: certificates/own.pem
"""


def test_servers_of_others_with_authorities_of_their_own(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("L9_ENABLE_ONLY_HERE", "false")
    authority = make_authority(tmp_path / "authority").certificate
    own = project.root / "certificates" / "own.pem"
    own.parent.mkdir()
    own.write_bytes(authority.read_bytes())
    write_stack(project, "others", more=OTHERS)
    folder = tmp_path / "export"
    with pytest.raises(InputError) as refused:
        export_compose(project, "others", folder)
    assert [str(problem.place) for problem in refused.value.problems] == [f"{folder}/secrets/archive.secret_key:1:1"]
    (folder / "secrets").mkdir(parents=True, exist_ok=True)
    (folder / "secrets/archive.secret_key").write_text("opensesame\n")
    found = yaml.safe_load((export_compose(project, "others", folder).folder / "compose.yaml").read_text())
    assert not {"archive", "postgres"} & set(found["services"])
    told = (folder / "secrets/agents.env").read_text()
    for line in (
        "L9_ENABLE_ONLY_HERE='false'",
        "AWS_ACCESS_KEY_ID='AKID'",
        "AWS_ENDPOINT_URL='https://s3.example.com:9000'",
        "AWS_REGION='eu-central-1'",
        "AWS_SECRET_ACCESS_KEY='opensesame'",
        "L9_ARCHIVE_BUCKET='s3://claims'",
    ):
        assert line in told.splitlines()
    assert not any(
        "opensesame" in path.read_text()
        for path in folder.rglob("*")
        if path.parent.name != "secrets" and path.is_file()
    )
    # Redis runs beside the agents, by its own password: only the archive shows a certificate.
    assert (folder / "config/certificates/archive.pem").read_bytes() == own.read_bytes()
    assert not (folder / "config/certificates/redis.pem").exists()
    agent, bringer = found["services"]["settlement"], found["services"]["l9.files"]
    assert agent["environment"]["L9_ARCHIVE_CA"] == "/run/l9/certificates/archive.pem"
    assert "/from/certificates/archive.pem /to/settlement-files/certificates/archive.pem" in bringer["command"][0]
    assert "nothing here makes its bucket" in (folder / "README.md").read_text()


def test_yaml_text_reads_back_as_it_was() -> None:
    value = {
        "a-b": [
            "plain",
            "no",
            "",
            " lead",
            "multi\nline\n",
            "ends with blanks  \nx\n",
            "tab\there\n",
            "two\n\nparts\n",
        ],
        "on": {"deep": [{"x": 1, "y": None}, ["z", True]], "empty": {}, "none": []},
        "é": "line\u2028separator\n",
    }
    assert yaml.safe_load(yaml_text(value, "a head\nof two lines")) == value


def test_it_is_valid_by_the_schema_of_the_specification(folder: Path) -> None:
    schema, library = obtained()
    program = (
        "import json, sys, jsonschema, yaml; schema = json.load(open(sys.argv[1])); "
        "jsonschema.validators.validator_for(schema)(schema).validate(yaml.safe_load(open(sys.argv[2])))"
    )

    def validated(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, str(schema), str(path)],
            env={"PYTHONPATH": f"{library}"},
            capture_output=True,
            text=True,
        )

    done = validated(folder / "compose.yaml")
    assert done.returncode == 0, done.stderr[-2000:]
    wrong = folder / "wrong.yaml"
    wrong.write_text((folder / "compose.yaml").read_text().replace("read_only: true", "read_only: [perhaps]", 1))
    assert "ValidationError" in validated(wrong).stderr
    wrong.unlink()


def obtained() -> tuple[Path, Path]:
    """The schema out of its Go module, and the library that checks by it; both from registries, kept in the cache."""
    cache = Path.home() / ".cache" / "l9stack" / "compose"
    schema, library = cache / f"{MODULE.rpartition('@')[2]}.json", cache / "-".join(VALIDATOR)
    try:
        if not schema.is_file():
            cache.mkdir(parents=True, exist_ok=True)
            go = toolchain(cache, lambda _: None)
            told = run(str(go), "mod", "download", "-json", MODULE, cwd=cache)
            shutil.copy(Path(json.loads(told)["Dir"]) / "schema" / "compose-spec.json", schema)
        if not library.is_dir():
            run(sys.executable, "-m", "pip", "install", "-q", "--target", str(library), *VALIDATOR, cwd=cache)
    except (EngineError, OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"the Compose specification's schema, or jsonschema, is not to be had: {error}")
    return schema, library


def run(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


def test_what_watches_the_stack_is_exported_with_what_it_reads(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write_stack(project, "watched", more="  l9stack:monitoring: {interval_seconds: 5}\n")
    folder = export_compose(project, "watched", tmp_path_factory.mktemp("watched")).folder
    compose: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text())
    prometheus, grafana = compose["services"]["prometheus"], compose["services"]["grafana"]
    assert compose["networks"]["monitoring"] == {}
    assert (prometheus["networks"], grafana["networks"]) == (["agents", "monitoring"], ["monitoring"])
    assert prometheus["image"] == "prom/prometheus:v3.5.1" and "build" not in prometheus
    assert grafana["depends_on"]["prometheus"] == {"condition": "service_healthy"}
    for server in (prometheus, grafana):
        (port,) = server["ports"]
        assert re.fullmatch(r"127\.0\.0\.1:\d+:(9090|3000)", port)
        assert f"http://{port.rpartition(':')[0]}" in (folder / "README.md").read_text()
    read = folder / "config" / "monitoring"
    targets = json.loads((read / "targets.json").read_text())
    assert {tuple(group["targets"]) for group in targets} == {(f"{agent}:8080",) for agent in AGENTS}
    assert yaml.safe_load((read / "prometheus.yml").read_text())["global"]["scrape_interval"] == "5s"
    (script,) = compose["services"]["l9.files"]["command"]
    brought = {line.split()[4] for line in script.splitlines() if line.startswith("bring ")}
    boards = {path.relative_to(read / "dashboards").as_posix() for path in (read / "dashboards").rglob("*.json")}
    assert boards == {"overview.json", *(f"agents/{agent.replace('-', '_')}.json" for agent in AGENTS)}
    assert brought >= {f"/to/grafana-files/dashboards/{board}" for board in boards} | {"/to/grafana-files/password"}
    assert brought >= {f"/to/prometheus-files/{name}" for name in ("prometheus.yml", "rules.yml", "targets.json")}
    assert stat.S_IMODE((folder / "secrets" / "grafana.password").stat().st_mode) == 0o600
