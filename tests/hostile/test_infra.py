"""What reaches images, containers and their shells: identifiers, digests, and values in quotes.

GHSA-4vv7-jj25-4gh6, GHSA-hq9q-27g5-qwpj: a name became an instruction of a Dockerfile, or a command.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from l9stack.infra.runtimes.containers.image_contexts import DOCKERFILES
from l9stack.infra.runtimes.containers.spec import env_file, host_name
from l9stack.names import agent_id
from l9stack.printable import line
from tests.hostile.payloads import PAYLOADS


@pytest.mark.parametrize("file", sorted(DOCKERFILES.glob("*.Dockerfile")), ids=lambda path: path.name)
def test_dockerfiles_are_constants(file):
    """They lie in the package as they are built; all that they are given is the name of a base."""
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{?(\w+)", text)) <= {"BASE"}
    assert "{{" not in text


@pytest.mark.parametrize("name", PAYLOADS)
def test_an_agent_of_any_name_has_a_host_name_or_none(name):
    for text in (PAYLOADS[name], f"Desk{PAYLOADS[name]}"):
        found = agent_id(text)
        assert found is None or re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", host_name(found))


def test_the_environment_of_a_container_is_read_as_it_was_written(tmp_path):
    """Addresses come from a stack's config; a shell of the container reads them."""
    values = {f"L9_{number}": line(text) for number, text in enumerate(PAYLOADS.values())}
    (tmp_path / "agent.env").write_text(env_file(values), encoding="utf-8")
    script = "set -a && . ./agent.env && exec env -0"
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True
    )
    read = dict(entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry.startswith("L9_"))
    assert read == values
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent.env"]
