"""Secrets are taken out of text before it is kept or shown."""

from __future__ import annotations

import re

from pydantic import JsonValue

HIDDEN = "[hidden]"
_URL = re.compile(r"(?<=://)([^\s/@:]*):[^\s/@]+(?=@)")
_PAIR = re.compile(
    r"(?i)\b([a-z0-9_.-]*(?:password|passwd|secret|token|api[_-]?key|private[_-]?key)[\"']?\s*[=:]\s*[\"']?)"
    r"(?!\[hidden\])[^\s\"',;&]+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_CLOUD = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")


def redact(text: str) -> str:
    """`text` without passwords in URLs, key-value pairs with telling names, tokens and private keys."""
    text = _PEM.sub(HIDDEN, text)
    text = _URL.sub(rf"\1:{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _JWT.sub(HIDDEN, text)
    text = _CLOUD.sub(HIDDEN, text)
    return _PAIR.sub(rf"\1{HIDDEN}", text)


def redact_value(value: JsonValue) -> JsonValue:
    """`value` with every string in it scrubbed; keys stay, they are ours."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_value(item) for item in value]
    if isinstance(value, dict):
        return {key: redact_value(item) for key, item in value.items()}
    return value
