"""The unified config, and typed settings of one agent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict

from l9stack.agent._variables import substitute

__all__ = ["AgentSettings", "UnifiedConfig"]


@dataclass(frozen=True, slots=True)
class UnifiedConfig:
    """Settings that all agents of a collection share, with variables resolved."""

    values: Mapping[str, Any] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)
    """The same as the file has it, with its variables."""

    @classmethod
    def read(cls, path: Path, environ: Mapping[str, str]) -> UnifiedConfig:
        """Read `<collection>_config.yaml`; raises OSError or yaml.YAMLError where it cannot be read."""
        return cls.of(yaml.safe_load(path.read_text(encoding="utf-8")) or {}, environ)

    @classmethod
    def of(cls, written: Mapping[str, Any], environ: Mapping[str, str]) -> UnifiedConfig:
        """The config of what a file says."""
        return cls(substitute(written, environ), written)

    def get(self, dotted: str, default: Any = None) -> Any:
        """The value at a dotted name, or the default."""
        return _at(self.values, dotted, default)

    def raw(self, dotted: str) -> Any:
        """The value at a dotted name as it is written, or None."""
        return _at(self.written, dotted, None)

    def whole(self, dotted: str, default: int) -> int:
        """The whole number from 0 on at a dotted name, or the default; raises ValueError for anything else."""
        value = self.get(dotted)
        if value is None:
            return default
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise ValueError(f"{dotted} is no whole number from 0 on")
        return number

    def flag(self, name: str, environ: Mapping[str, str]) -> bool:
        """A feature flag: the environment wins over the config; a flag that nobody set is on."""
        text = environ.get(name)
        if text is not None:
            return text.strip().lower() not in ("0", "false", "no", "off")
        return bool(self.get(f"feature_flags.{name}", True))


def _at(tree: Any, dotted: str, default: Any) -> Any:
    for part in dotted.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            return default
        tree = tree[part]
    return tree


class AgentSettings(BaseModel):
    """Base of an agent's typed settings: defaults from the schema, `L9_<AGENT>_<FIELD>` from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def load(cls, prefix: str, environ: Mapping[str, str] | None = None) -> Self:
        """The settings with every field that `<prefix>_<FIELD>` sets; raises ValidationError for a bad value."""
        source = os.environ if environ is None else environ
        given = {name: source[key] for name in cls.model_fields if (key := f"{prefix}_{name}".upper()) in source}
        return cls.model_validate(given)
