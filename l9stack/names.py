"""Naming rules as types: identifiers that reach code, paths and databases are checked here, once.

A name that passed these functions is safe as a Python identifier, a file name, a host name part, and a key prefix.
"""

from __future__ import annotations

import keyword
import re
import sys
from functools import lru_cache
from typing import NewType

AgentId = NewType("AgentId", str)
"""A canonical agent name: snake_case ASCII, 1 to 63 characters, no Python keyword."""

OperationName = NewType("OperationName", str)
"""A canonical operation name, of the same form as an `AgentId`."""

ModulePath = NewType("ModulePath", str)
"""A `.py` file relative to an agent's root path, with `/`, each part a Python identifier."""

BUILT_IN = ("health", "healthz", "ready", "readiness", "metrics", "status")
"""Last parts of endpoints that the library answers for every agent: they are no operations."""

_NAMED, _PLAIN = r"[A-Za-z_][A-Za-z0-9_]{0,62}", r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}"
FOLDER_PATTERN = rf"{_NAMED}(/{_NAMED})*"
"""A relative path whose parts are Python identifiers; that none of them is a keyword, no pattern says."""
MODULE_PATTERN = rf"{FOLDER_PATTERN}\.py"
"""A `.py` file below such a path, or alone."""
DOCUMENT_PATTERN = rf"{_PLAIN}(/{_PLAIN})*\.md"
"""A `.md` file, or one in a folder."""

_LIBRARIES = frozenset(
    {"l9stack", "annotated_types", "httpx", "neo4j", "obstore", "psycopg", "pydantic", "pydantic_core", "pytest"}
    | {"pytest_asyncio", "redis", "sqlalchemy", "starlette", "structlog", "typing_extensions", "uvicorn", "yaml"}
)
"""Packages that generated code, its tests and the agents' library import."""
_ANNOTATIONS = frozenset({"bool", "dict", "float", "int", "list", "str"})
"""Names that generated modules use in annotations: a function or a field of that name would be taken for the type."""
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
"""Names that are devices to Windows, in any case and with any suffix: a checkout there would fail."""
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_FOLDER = re.compile(rf"{FOLDER_PATTERN}\Z")
_PART = re.compile(rf"{_PLAIN}\Z")


def snake(text: str) -> str:
    """Fold a display name to snake_case: `ClaimIntake`, `claim-intake` and `Claim Intake` give `claim_intake`."""
    spaced = text if re.search(r"[\s_-]", text.strip()) else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]+", "_", spaced)).strip("_").lower()


@lru_cache(maxsize=8192)
def name_key(text: str) -> str:
    """A key under which two spellings of one name meet: case, `_`, `-` and spaces do not count."""
    return re.sub(r"[\s_-]+", "", text).casefold()


@lru_cache(maxsize=8192)
def identifier(text: str) -> str | None:
    """The snake_case identifier for `text`, or None where none can be made of it."""
    name = snake(text)
    if name and name[0].isdigit():
        name = f"n{name}"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        name = f"{name}_"
    return name if _IDENTIFIER.match(name) else None


def agent_id(text: str) -> AgentId | None:
    """The agent id for a display name, or None where none can be made of it."""
    name = identifier(text)
    return AgentId(name) if name else None


def operation_name(text: str) -> OperationName | None:
    """The operation name for a method, a packet type or the last part of an endpoint."""
    name = identifier(text)
    if name == "operation" or name in _ANNOTATIONS:  # of which the first is the decorator
        name = f"{name}_"
    return OperationName(name) if name else None


def is_field_name(text: str) -> bool:
    """Whether `text` can be a field of a generated model as it is."""
    return identifier(text) == text and not text.startswith("model_") and text not in _ANNOTATIONS


def is_folder_path(text: str) -> bool:
    """Whether `text` is a relative path all of whose parts are Python identifiers (`L9/agents/intake`)."""
    return bool(_FOLDER.match(text)) and not any(keyword.iskeyword(part) or _device(part) for part in text.split("/"))


def shadowed_module(path: str) -> str:
    """The module or package whose name the first part of a folder path takes, or an empty text.

    Generated code lies on the import path: it must not come before the standard library, or what it needs itself.
    """
    first = path.split("/")[0]
    return first if first in sys.stdlib_module_names or first in _LIBRARIES else ""


def module_path(text: str) -> ModulePath | None:
    """`text` as a module path, or None where it is absolute, leaves its folder, or cannot be imported."""
    if not text.endswith(".py") or not is_folder_path(text[:-3]):
        return None
    return ModulePath(text)


def is_document_name(text: str) -> bool:
    """Whether `text` is a plain `.md` file name or relative path without `..`."""
    parts = text.split("/")
    return text.endswith(".md") and all(_PART.match(part) and part[-1] != "." and not _device(part) for part in parts)


def _device(part: str) -> bool:
    return part.split(".")[0].lower() in _DEVICES


def class_name(text: str) -> str:
    """The CapWords form of a snake_case identifier: `claim_intake` gives `ClaimIntake`."""
    return "".join(part[:1].upper() + part[1:] for part in text.split("_") if part)
