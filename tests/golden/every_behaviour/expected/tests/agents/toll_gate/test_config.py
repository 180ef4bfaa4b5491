"""Settings of TollGate: values, bounds and the environment."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from L9.agents.toll_gate.config import PREFIX, TollGateConfig, load

VALUES: dict[str, Any] = {}


def test_the_settings_have_the_values_that_won() -> None:
    """Without anything in the environment."""
    assert load({}).model_dump() == VALUES


def test_the_prefix_is_the_agents_own() -> None:
    """No two agents read each other's variables."""
    assert PREFIX == "L9_TOLL_GATE"


@pytest.mark.parametrize("variable", [PREFIX, f"{PREFIX}_NO_SUCH_SETTING", "L9_ANOTHER_AGENT"])
def test_other_variables_change_nothing(variable: str) -> None:
    """Only variables with the prefix and the name of a setting count."""
    assert load({variable: "1"}).model_dump() == VALUES


@pytest.mark.parametrize("name", ["no_such_setting", "PREFIX", "load"])
def test_a_setting_that_nobody_declared_is_refused(name: str) -> None:
    """A typing mistake is told, not ignored."""
    with pytest.raises(ValidationError, match=name):
        TollGateConfig.model_validate({name: 1})
