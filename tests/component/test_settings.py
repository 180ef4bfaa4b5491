"""A stack's config: what is wrong is told with a hint, all at once; the stacks of the repository are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import set_all_config

from l9stack.errors import InputError
from l9stack.infra.settings import DockerSettings, StackSettings
from tests.component.recording import run


def configured(values: dict[str, Any]) -> pulumi.Config:
    """As the engine hands a stack's file over: mappings as JSON."""
    text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    set_all_config({key if ":" in key else f"l9stack:{key}": value for key, value in text.items()})
    return pulumi.Config("l9stack")


def problems(values: dict[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(InputError) as caught:
        StackSettings.read(configured(values))
    found = caught.value.problems
    assert all(problem.code == "stack-config" for problem in found)
    return [(*problem.message.split(": ", 1), problem.hint) for problem in found]


@pytest.mark.parametrize(
    ("values", "key", "message", "hint"),
    [
        ({"runtim": "local"}, "runtim", "unknown key", "runtime"),
        ({"runtime": "podman"}, "runtime", "unknown runtime 'podman'", "one of local, docker, swarm, external"),
        ({"settings": "loud"}, "settings", "expected a mapping, found text", "logging.level"),
        ({"backends": ["redis"]}, "backends", "expected a mapping, found list", "redis"),
        (
            {"backends": {"mysql": "mysql://h"}},
            "backends",
            "unknown backend 'mysql'",
            "redis, postgres, neo4j, archive",
        ),
        ({"backends": {"redis": "http://h"}}, "backends.redis", "not an address that can be used", "redis, rediss://"),
        ({"backends": {"redis": "redis://h:port"}}, "backends.redis", "not an address that can be used", "redis"),
        ({"backends": {"postgres": 5}}, "backends.postgres", "not an address that can be used", "postgresql"),
        ({"backends": {"neo4j": "bolt://"}}, "backends.neo4j", "not an address that can be used", "bolt"),
        ({"endpoints": {"desk": "desk:8080"}}, "endpoints.desk", "not an address that can be used", "http, https://"),
        ({"endpoints": {"desk": "https://u:p@h"}}, "endpoints.desk", "not an address", "without user and password"),
        ({"protect": "perhaps"}, "protect", "not understood: 'perhaps'", "true or false"),
        ({"release": "3f9c"}, "release", "no digest", "l9 promote"),
        ({"docker": {"image": {}}}, "docker.image", "unknown key", "images"),
        ({"docker": {"images": "redis:7"}}, "docker.images", "not understood", "a mapping"),
        ({"docker": {"images": {"mysql": "mysql:9"}}}, "docker.images.mysql", "unknown image", "agent"),
        ({"docker": {"images": {"redis": "redis"}}}, "docker.images.redis", "'redis' names no version", "digest"),
        ({"docker": {"images": {"redis": "redis:latest"}}}, "docker.images.redis", "names no version", "latest"),
        ({"docker": {"publish": "everywhere"}}, "docker.publish", "not understood: 'everywhere'", "127.0.0.1"),
        ({"docker": {"reach": ""}}, "docker.reach", "not understood", "host name"),
        ({"docker": {"first_port": 80}}, "docker.first_port", "not understood: 80", "between 1024 and 64000"),
        ({"docker": {"first_port": True}}, "docker.first_port", "not understood: True", "port"),
        ({"docker": {"agent_memory_mb": "512"}}, "docker.agent_memory_mb", "not understood: '512'", "megabytes"),
        ({"docker": {"agent_memory_mb": 64}}, "docker.agent_memory_mb", "not understood: 64", "128"),
        ({"docker": {"tests": "no"}}, "docker.tests", "not understood: 'no'", "true or false"),
        ({"docker": {"images": {"python": "python"}}}, "docker.images.python", "names no version", "digest"),
        ({"docker": {"registry": "r.example.com"}}, "docker.registry", "expected a mapping", "server"),
        (
            {"docker": {"registry": {"server": "team"}}},
            "docker.registry.server",
            "names no registry",
            "a dot or a port",
        ),
        (
            {"docker": {"registry": {"server": "h:5000", "port": 1}}},
            "docker.registry.port",
            "unknown",
            "server, username",
        ),
        (
            {"docker": {"registry": {"server": "r.example.com", "password": "pass-word"}}},
            *("docker.registry", "username and password go together", "docker login"),
        ),
        (
            {"docker": {"registry": {"server": "r.example.com", "username": "u", "password": ["pass-word"]}}},
            *("docker.registry.password", "expected a text", "--secret"),
        ),
    ],
)
def test_a_wrong_key_or_value_is_a_problem_with_its_place_and_a_hint(
    values: dict[str, Any], key: str, message: str, hint: str
) -> None:
    ((place, told, helped),) = problems(values)
    assert place == f"l9stack:{key}" and message in told and hint in helped


def test_all_mistakes_are_told_at_once_and_no_address_is_repeated() -> None:
    wrong = {"runtime": "podman", "colection": "x", "backends": {"redis": "http://:word@h"}, "docker": {"ports": 1}}
    found = problems(wrong)
    assert [place for place, *_ in found] == [
        "l9stack:colection",
        "l9stack:backends.redis",
        "l9stack:docker.ports",
        "l9stack:runtime",
    ]
    assert "word" not in str(found)
    registry = {"server": "r.example.com", "username": "u", "password": ["pass-word"]}
    assert "pass-word" not in str(problems({"docker": {"registry": registry}}))


def test_a_problem_of_a_stacks_file_names_line_and_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stack = pulumi.get_stack()
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\nconfig:\n  runtime:\n    default: podman\n")
    (tmp_path / f"Pulumi.{stack}.yaml").write_text(
        "config:\n  l9stack:docker:\n    images: {redis: redis}\n    first_port: 80\n"
        "  l9stack:endpoints:\n    desk.east: desk:80\n  l9stack:colection: x\n"
    )
    values = {
        "runtime": "podman",
        "docker": {"images": {"redis": "redis"}, "first_port": 80},
        "endpoints": {"desk.east": "desk:80"},
        "colection": "x",
        "output": "y",
        "settings": "from the command line",
    }
    with pytest.raises(InputError) as caught:
        StackSettings.read(configured(values))
    own = f"Pulumi.{stack}.yaml"
    assert [(str(problem.place), problem.message.split(":")[1]) for problem in caught.value.problems] == [
        ("None", "settings"),
        (f"{own}:3:14", "docker.images.redis"),
        (f"{own}:4:5", "docker.first_port"),
        (f"{own}:6:5", "endpoints.desk.east"),
        (f"{own}:7:3", "colection"),
        ("Pulumi.yaml:4:5", "runtime"),
    ]


@pytest.mark.parametrize(
    "image", ["redis:7.4.8-alpine", "registry.example.com:5000/team/redis:7", f"redis@sha256:{'a' * 64}"]
)
def test_images_with_a_tag_or_digest_are_taken(image: str) -> None:
    read = StackSettings.read(configured({"docker": {"images": {"redis": image}}}))
    assert read.docker == DockerSettings(images={"redis": image})


@pytest.mark.parametrize("runtime", ["docker", "swarm"])
@pytest.mark.parametrize(
    ("key", "told", "hint"),
    [
        ("hots", "unknown key", "any of host, sshOpts"),
        ("context", "is followed for containers, and not for images", "docker:host"),
        ("certPath", "the docker command, which l9stack uses as well, does not know it", "DOCKER_CERT_PATH"),
    ],
)
def test_two_engines_are_never_meant_by_one_stack(
    runtime: str, key: str, told: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\n")
    (tmp_path / f"Pulumi.{pulumi.get_stack()}.yaml").write_text(f"config:\n  docker:host: ''\n  docker:{key}: x\n")
    ((place, message, helped),) = problems({"runtime": runtime, f"docker:{key}": "x", "docker:host": "ssh://h"})
    assert (place, message) == (f"docker:{key}", told) and hint in helped
    with pytest.raises(InputError, match=rf"Pulumi\.{pulumi.get_stack()}\.yaml:3:3: stack-config"):
        StackSettings.read(configured({"runtime": runtime, f"docker:{key}": "x"}))


def test_each_setting_of_the_provider_that_is_refused_has_a_hint_of_its_own() -> None:
    found = problems({"runtime": "docker", "docker:certPath": "x", "docker:context": "x", "docker:hots": "x"})
    assert ["DOCKER_CERT_PATH" in hint for *_, hint in found] == [True, False, False]
    assert ["docker context inspect" in hint for *_, hint in found] == [False, True, False]


def test_a_context_that_the_provider_alone_would_follow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "prod")
    ((key, told, hint),) = problems({"runtime": "docker", "docker:host": "ssh://staging"})
    assert (key, told) == ("docker:host", "would be passed over for DOCKER_CONTEXT=prod") and "unset it" in hint
    assert StackSettings.read(configured({"runtime": "local"})).runtime == "local"


def test_an_empty_config_is_the_example_on_the_local_runtime() -> None:
    assert StackSettings.read(configured({})) == StackSettings("input_schemas/claims_desk", "local", "extractions")


def test_urls_of_backends_are_secrets() -> None:
    read = StackSettings.read(configured({"backends": {"redis": "rediss://:word@h:6379/0", "archive": "file:///a"}}))
    seen: dict[str, bool] = {}

    async def look() -> None:
        for name, url in read.backends.items():
            seen[name] = await url.is_secret()

    run(lambda: pulumi.Output.from_input(look()))
    assert seen == {"redis": True, "archive": True}


def test_settings_that_are_encrypted_are_refused_for_files_show_them() -> None:
    config = configured({"settings": {"logging.level": "DEBUG"}})
    set_all_config({"l9stack:settings": "{}"}, ["l9stack:settings"])
    with pytest.raises(InputError) as caught:
        StackSettings.read(config)
    set_all_config({}, [])
    assert "none of them can be a secret" in str(caught.value)


@pytest.mark.parametrize("runtime", ["docker", "external"])
def test_secrets_of_a_real_stack_are_not_encrypted_with_nothing(
    runtime: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    (found,) = problems({"runtime": runtime})
    assert "an empty passphrase encrypts nothing" in str(found)
    StackSettings.read(configured({"runtime": "local"}))
    stack = pulumi.get_stack()
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\nruntime: python\n")
    (tmp_path / f"Pulumi.{stack}.yaml").write_text("secretsprovider: awskms://alias/l9\n")
    StackSettings.read(configured({"runtime": runtime}))
    (tmp_path / f"Pulumi.{stack}.yaml").unlink()
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "kept elsewhere")
    StackSettings.read(configured({"runtime": runtime}))
