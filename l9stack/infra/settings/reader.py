"""Reads the values of a stack's config and collects what is wrong, with its place in the stack's file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import config as raw_config

from l9stack.errors import Problem
from l9stack.infra.settings.checks import Constraint, name_list
from l9stack.reading.stack import NAMESPACE, is_set, place_of


class Reader:
    """Reads values and collects problems; a problem never holds a value that may be secret."""

    def __init__(self, config: pulumi.Config, root: Path, stack: str) -> None:
        self.config = config
        self.root, self.stack = root, stack
        self.problems: list[Problem] = []

    def hold(self, condition: bool, key: str, message: str, hint: str) -> bool:
        """Note a problem of a key, as `docker.first_port`, unless `condition`; gives `condition` back."""
        if not condition:
            place, whole = place_of(self.root, self.stack, key), key if ":" in key else f"{NAMESPACE}:{key}"
            self.problems.append(Problem("stack-config", f"{whole}: {message}", place, hint))
        return condition

    def is_set(self, key: str) -> bool:
        """Whether the stack's file has a key, as `docker.registry.password`, encrypted or not."""
        first, *below = key.split(".")
        return is_set(self.root, self.stack, f"{NAMESPACE}:{first}", *below)

    def given(self, namespace: str) -> list[str]:
        """The names of all keys of a namespace that are set, those with encrypted values too."""
        keys = {*raw_config.get_config_env(), *raw_config.CONFIG.get()}
        return sorted(key.removeprefix(f"{namespace}:") for key in keys if key.startswith(f"{namespace}:"))

    def known_keys(self, known: tuple[str, ...]) -> None:
        """Refuse every key of the namespace that nobody reads."""
        for key in self.given(NAMESPACE):
            self.hold(key in known, key, "unknown key", f"any of {name_list(known)}")

    def mapping(self, key: str, example: str) -> dict[str, Any]:
        """The value of a key that holds a mapping; empty where there is none."""
        try:
            value = self.config.get_object(key)
        except pulumi.ConfigTypeError:
            value = ""
        found = type(value).__name__ if value != "" else "text"
        whole = self.hold(isinstance(value, dict | None), key, f"expected a mapping, found {found}", f"as {example}")
        return value if whole and value else {}

    def flag(self, key: str, default: bool) -> bool:
        """The value of a key that is true or false."""
        try:
            value = self.config.get_bool(key)
        except pulumi.ConfigTypeError:
            self.hold(False, key, f"not understood: {self.config.get(key)!r}", "true or false")
            return default
        return default if value is None else value

    def block(self, key: str, checks: Mapping[str, Constraint], example: str) -> dict[str, Any]:
        """The entries of a mapping that pass their check; those that are unknown or fail are problems."""
        return {
            name: value
            for name, value in self.mapping(key, example).items()
            if self.hold(name in checks, f"{key}.{name}", "unknown key", f"any of {name_list(checks)}")
            and self.hold(checks[name][0](value), f"{key}.{name}", f"not understood: {value!r}", checks[name][1])
        }
