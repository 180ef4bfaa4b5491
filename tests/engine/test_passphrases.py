"""The dev stack has an empty passphrase and its file says so: nothing changes that file, and no variable that stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from l9stack.engine.environment import EMPTY_SALT, stack_environment
from l9stack.engine.hints import hints
from l9stack.project import Project

SHIPPED = (Path(__file__).parents[2] / "Pulumi.dev.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (SHIPPED, {"PULUMI_CONFIG_PASSPHRASE": ""}),
        (SHIPPED.replace("runtime: local", "runtime: docker"), {}),
        (SHIPPED.replace(EMPTY_SALT, "v1:other=:v1:o:o"), {}),
    ],
)
def test_a_local_stack_with_the_shipped_salt_has_an_empty_passphrase(
    text: str, variables: dict[str, str], tmp_path: Path
):
    assert EMPTY_SALT in SHIPPED
    (tmp_path / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    assert stack_environment(Project(tmp_path), "dev") == variables
    assert stack_environment(Project(tmp_path), "other") == {}


def test_a_wrong_passphrase_is_told_with_whose_it_is():
    (hint,) = hints(["error: get stack secrets manager: incorrect passphrase"])
    assert "encryptionsalt" in hint and "empty" in hint
