"""The dev stack has an empty passphrase and its file says so: nothing changes that file, and no variable that stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from l9stack.engine.failures import hints
from l9stack.reading.stack import OPEN_SALT, keeps_no_secret

SHIPPED = (Path(__file__).parents[2] / "Pulumi.dev.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("text", "open_"), [(SHIPPED, True), (SHIPPED.replace(OPEN_SALT, "v1:other=:v1:o:o"), False)])
def test_a_stack_with_the_shipped_salt_has_an_empty_passphrase(text: str, open_: bool, tmp_path: Path):
    assert OPEN_SALT in SHIPPED
    (tmp_path / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    assert keeps_no_secret(tmp_path, "dev") is open_
    assert keeps_no_secret(tmp_path, "other") is False


def test_a_wrong_passphrase_is_told_with_whose_it_is():
    (hint,) = hints(["error: get stack secrets manager: incorrect passphrase"])
    assert "encryptionsalt" in hint and "empty" in hint
