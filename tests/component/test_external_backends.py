"""Whom agents trust, and an archive in S3: what each resource is given, and how agents of every runtime learn of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from l9stack.errors import InputError
from l9stack.infra.settings import StackSettings
from l9stack.infra.settings.archive import ArchiveSettings
from l9stack.project import Project
from tests.component.conftest import Deploy
from tests.component.recording import SECRET, World
from tests.component.test_local_runtime import AGENTS
from tests.component.test_settings import configured, problems
from tests.real_servers.authority import make_authority

CERTIFICATE = "certificates/own.pem"
URLS = {
    "redis": "rediss://:red-word@cache.example.com:6380/0",
    "postgres": "postgresql://user:post-word@db.example.com/l9",
    "archive": "s3://claims/kept",
}
YEARS = 366


def archive(**more: Any) -> ArchiveSettings:
    keys = {"access_key": pulumi.Output.secret("key-word"), "secret_key": pulumi.Output.secret("secret-word")}
    whole: dict[str, Any] = {"bucket": "claims", "prefix": "kept/", "region": "eu-central-1", **keys}
    return ArchiveSettings(**(whole | more))


@pytest.fixture(scope="module")
def certificate(project: Project) -> str:
    made = make_authority(project.root / "certificates")
    made.certificate.rename(project.root / CERTIFICATE)
    return CERTIFICATE


def deployed(deploy: Deploy, certificate: str, runtime: str, settings: ArchiveSettings | None = None) -> World:
    return deploy(
        "prod" if runtime != "local" else "dev",
        runtime=runtime,
        backends={name: pulumi.Output.secret(url) for name, url in URLS.items()},
        certificates={"redis": certificate, "archive": certificate, "neo4j": certificate},
        archive=settings or archive(),
    )


def test_a_bucket_is_given_all_settings_that_agents_need_and_its_keys_are_secret(
    deploy: Deploy, certificate: str
) -> None:
    found = deployed(deploy, certificate, "local")["ArchiveBucket claims_desk-archive"]
    scope = "kept/dev/claims_desk/"
    assert found.inputs == {
        "bucket": "claims",
        "scope": scope,
        "server": "",
        "region": "eu-central-1",
        "access_key": SECRET,
        "secret_key": SECRET,
        "certificate": certificate,
        "versioning": "enabled",
        "encryption": "AES256",
        "public_access": "blocked",
        # As the schemas say: a year at its longest.
        "lifecycle": {f"{scope}claim_intake/": 10 * YEARS, f"{scope}settlement/": 10 * YEARS},
    }
    assert found.secrets == {"access_key": "key-word", "secret_key": "secret-word"}
    assert found.secret_outputs == {"access_key", "secret_key"}


def test_a_key_of_kms_encrypts_and_what_the_stack_does_without_is_not_asked_for(
    deploy: Deploy, certificate: str
) -> None:
    settings = archive(kms_key="arn:aws:kms:eu-central-1:1:key/a", without=("lifecycle", "public_access"))
    found = deployed(deploy, certificate, "local", settings)["ArchiveBucket claims_desk-archive"]
    assert found.inputs["encryption"] == "aws:kms arn:aws:kms:eu-central-1:1:key/a"
    assert not {"lifecycle", "public_access"} & found.inputs.keys()


def test_an_archive_that_the_stack_does_not_look_after_is_only_reached(deploy: Deploy, certificate: str) -> None:
    names = deployed(deploy, certificate, "local", archive(bucket="")).names()
    assert "ArchiveBucket" not in names and "claims_desk-archive" in names["ExternalService"]


def test_certificates_are_given_to_what_logs_in(deploy: Deploy, certificate: str) -> None:
    world = deployed(deploy, certificate, "local")
    assert world["ExternalService claims_desk-redis"].inputs["certificate"] == certificate
    assert "certificate" not in world["ExternalService claims_desk-postgres"].inputs


def test_local_agents_are_told_the_archives_keys_and_where_certificates_lie(deploy: Deploy, certificate: str) -> None:
    world = deployed(deploy, certificate, "local")
    for agent in AGENTS:
        found = world[f"Agent claims_desk-{agent}"]
        told = {key.removeprefix("urls."): value for key, value in found.secrets.items()}
        assert told["AWS_SECRET_ACCESS_KEY"] == "secret-word" and told["AWS_ACCESS_KEY_ID"] == "key-word"
        # Neo4j is the stack's own here, and shows no certificate.
        assert found.inputs["certificates"].keys() == {"archive", "redis"}
        assert found.inputs["certificates"]["redis"]["file"] == certificate
        assert "-word" not in json.dumps(found.inputs)


def test_containers_get_the_keys_in_their_secret_file_and_the_certificates_beside_it(
    deploy: Deploy, certificate: str
) -> None:
    world = deployed(deploy, certificate, "docker")
    for agent in AGENTS:
        uploads = world[f"Container claims_desk-{agent}-files"].inputs["uploads"]
        brought = {upload["file"]: upload for upload in uploads}
        for service in ("archive", "redis"):
            assert brought[f"/run/l9/certificates/{service}.pem"]["source"] == certificate
        text = json.dumps(world[f"Container claims_desk-{agent}-files"].secrets)
        assert "AWS_SECRET_ACCESS_KEY='secret-word'" in text and "AWS_REGION='eu-central-1'" in text
        environment = world[f"Container claims_desk-{agent}"].inputs["envs"]
        assert "L9_REDIS_CA=/run/l9/certificates/redis.pem" in environment
        assert not [line for line in environment if line.startswith("AWS_")]
        assert "-word" not in json.dumps([found.inputs for found in world.resources.values()])


def test_services_of_a_swarm_get_them_as_well(deploy: Deploy, certificate: str) -> None:
    world = deployed(deploy, certificate, "swarm")
    configs = {name for name in world.names()["ServiceConfig"] if "certificate" in name}
    assert {f"claims_desk-{agent}-certificate-redis" for agent in AGENTS} <= configs
    assert "-word" not in json.dumps([found.inputs for found in world.resources.values()])


# -- what a person writes ----------------------------------------------------------------------------------------------

BACKENDS = {"archive": "s3://claims/kept/"}


def test_the_block_is_read_and_its_keys_are_secrets() -> None:
    block = {"endpoint": "http://s3.example.com:9000", "access_key": "a", "secret_key": "b", "without": ["encryption"]}
    found = StackSettings.read(configured({"backends": BACKENDS, "archive": block})).archive
    assert found is not None
    assert (found.bucket, found.prefix, found.without) == ("claims", "kept/", ("encryption",))
    assert found.variables().keys() == {
        *("AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ALLOW_HTTP", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
    assert isinstance(found.variables()["AWS_SECRET_ACCESS_KEY"], pulumi.Output)


def test_a_bucket_alone_is_one_of_aws_with_the_keys_of_the_machine() -> None:
    found = StackSettings.read(configured({"backends": BACKENDS})).archive
    assert found is not None and found.variables() == {"AWS_REGION": "us-east-1"}


@pytest.mark.parametrize("url", ["gs://claims", "file:///srv/archive"])
def test_an_archive_elsewhere_has_no_block(url: str) -> None:
    assert StackSettings.read(configured({"backends": {"archive": url}})).archive is None


@pytest.mark.parametrize(
    ("block", "key", "message"),
    [
        ({"acces_key": "x-word"}, "archive.acces_key", "unknown key"),
        ({"endpoint": "s3.example.com"}, "archive.endpoint", "not understood"),
        ({"endpoint": "https://key:x-word@s3.example.com"}, "archive.endpoint", "not understood"),
        ({"access_key": "x-word"}, "archive", "access_key and secret_key go together"),
        ({"without": ["retention"]}, "archive.without", "not understood"),
        ({"manage": "yes"}, "archive.manage", "not understood"),
    ],
)
def test_a_mistake_in_the_block_is_told_and_no_key_is_repeated(block: dict[str, Any], key: str, message: str) -> None:
    ((place, told, hint),) = problems({"backends": BACKENDS, "archive": block})
    assert place == f"l9stack:{key}" and message in told and hint
    assert "x-word" not in told + hint


@pytest.mark.parametrize("backends", [{}, {"archive": "gs://claims"}])
def test_a_block_without_a_bucket_of_s3_is_told(backends: dict[str, str]) -> None:
    ((place, told, _),) = problems({"backends": backends, "archive": {"region": "eu-central-1"}})
    assert (place, told) == ("l9stack:archive", "there is no bucket")


def test_certificates_are_files_of_the_project_and_hold_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\n")
    monkeypatch.chdir(tmp_path)
    make_authority(tmp_path / "tls")
    good = {"redis": "tls/ca.pem"}
    assert StackSettings.read(configured({"certificates": good})).certificates == good
    wrong = {"mysql": "tls/ca.pem", "redis": "tls/absent.pem", "postgres": "tls/server.key", "neo4j": "/etc/hosts"}
    with pytest.raises(InputError) as caught:
        StackSettings.read(configured({"certificates": wrong}))
    told = "\n".join(problem.message for problem in caught.value.problems)
    assert len(caught.value.problems) == 4
    for part in ("unknown backend", "is no file", "holds no certificates", "is outside the project"):
        assert part in told
