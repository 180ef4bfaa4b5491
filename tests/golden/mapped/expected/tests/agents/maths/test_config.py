"""Settings of Maths: values, bounds and the environment."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from L9.maths.config import PREFIX, MathsConfig, load

VALUES: dict[str, Any] = {"digits": 6, "name": "x"}


def test_the_settings_have_the_values_that_won() -> None:
    """Without anything in the environment."""
    assert load({}).model_dump() == VALUES


def test_the_prefix_is_the_agents_own() -> None:
    """No two agents read each other's variables."""
    assert PREFIX == "L9_MATHS"


@pytest.mark.parametrize(("name", "text", "value"), [("digits", "7", 7), ("name", "something else", "something else")])
def test_the_environment_overrides_a_setting(name: str, text: str, value: object) -> None:
    """One variable changes one setting."""
    assert load({f"{PREFIX}_{name}".upper(): text}).model_dump() == {**VALUES, name: value}


@pytest.mark.parametrize("variable", [PREFIX, f"{PREFIX}_NO_SUCH_SETTING", "L9_ANOTHER_AGENT"])
def test_other_variables_change_nothing(variable: str) -> None:
    """Only variables with the prefix and the name of a setting count."""
    assert load({variable: "1"}).model_dump() == VALUES


@pytest.mark.parametrize(("name", "text"), [("digits", "no such value")])
def test_a_text_that_does_not_fit_is_refused(name: str, text: str) -> None:
    """The message names the setting."""
    with pytest.raises(ValidationError, match=name):
        load({f"{PREFIX}_{name}".upper(): text})


@pytest.mark.parametrize("name", ["no_such_setting", "PREFIX", "load"])
def test_a_setting_that_nobody_declared_is_refused(name: str) -> None:
    """A typing mistake is told, not ignored."""
    with pytest.raises(ValidationError, match=name):
        MathsConfig.model_validate({name: 1})


def test_settings_cannot_be_changed_once_loaded() -> None:
    """They hold for the life of the process."""
    settings = load({})
    for name, value in VALUES.items():
        with pytest.raises(ValidationError):
            setattr(settings, name, value)
