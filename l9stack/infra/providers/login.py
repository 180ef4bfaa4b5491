"""Logs in to a backend as its agents will, and says why that failed: whom to ask next, and never a secret."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from l9stack.agent._security.addresses import with_authority
from l9stack.errors import ServiceError
from l9stack.evidence.redaction import HIDDEN, redact

PORTS = {
    "redis": 6379,
    "rediss": 6379,
    "postgresql": 5432,
    "postgres": 5432,
    "bolt": 7687,
    "neo4j": 7687,
    "bolt+s": 7687,
    "neo4j+s": 7687,
    "https": 443,
    "http": 80,
}
_FOLDERS = ("s3", "gs", "az", "file")
_MEANINGS = {
    "l9stack:certificates names nobody that its certificate can be checked with": ["root certificate file"],
    "its certificate is for another host name": ["does not match host name"],
    "its certificate is of nobody who is trusted here": ["certificate verify failed", "invalid peer certificate"],
    "it refuses the user or the password": [
        *("password authentication failed", "no password supplied", "invalid username-password", "NOAUTH", "WRONGPASS"),
        *("client already authenticated", "Unauthorized", "authentication failure"),
        *("SignatureDoesNotMatch", "InvalidAccessKeyId"),
    ],
    "it has no database of that name": ['database "[^"]*" does not exist', "DatabaseNotFound"],
    "it does not speak TLS at that port": ["does not support SSL", "wrong version number", "record layer failure"],
    "its host name is unknown here": [
        *("failed to resolve host", "Name or service not known", "No address associated", "Cannot resolve address"),
        *("Temporary failure in name resolution", "Could not connect to the endpoint URL.*NameResolution"),
    ],
    "nobody listens there": ["Connection refused"],
    "it ends the connection: perhaps it wants TLS": ["Connection reset"],
    "it does not answer in time": ["[Tt]imed? ?out"],
}
"""What an error of a client means, and the words by which each client says it; the first that fits."""


def login(service: str, url: str, authority: str = "") -> str:
    """Log in and ask one thing; the product that answered, with its version.

    `authority` is a file of certificates that the server's own is checked with. Folders and object stores beside S3 are
    asked by the agents alone: they may be theirs to see.

    Raises:
        ServiceError: why not, with the address, and without user and password.
    """
    from l9stack.local import probes  # all the drivers, which a program that only registers resources does not need

    asked = {"redis": probes.redis, "postgres": probes.postgres, "neo4j": probes.graph}.get(service)
    if asked is None:
        return ""
    try:
        return " ".join(asked(with_authority(service, url, authority) if authority else url)).strip()
    except Exception as error:  # each client has errors of its own, and all of them mean the same here
        raise ServiceError(f"{service}: no log-in at {address(url)}: {reason(error, url)}") from None


def address(url: str) -> str:
    """`host:port` of a URL, or its bucket or folder; never a user or password."""
    parts = urlsplit(url)
    if parts.scheme in _FOLDERS:
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    return f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 0)}"


def reason(error: BaseException, url: str = "") -> str:
    """Why a client failed, in words that people know; a certificate's fault as TLS itself tells it."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {cause.verify_message or cause.reason}"
    said = " | ".join(str(cause) or type(cause).__name__ for cause in causes)
    for meaning, words in _MEANINGS.items():
        if re.search("|".join(words), said):
            return meaning
    return without_credentials(" ".join((str(error) or type(error).__name__).split())[:300], url)


def without_credentials(text: str, url: str) -> str:
    """A text without what a URL says of user and password."""
    parts = urlsplit(url)
    for word in filter(None, (parts.password, parts.username)):
        for form in (word, unquote(word)):
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", HIDDEN, text)
    return redact(text)


def _causes(error: BaseException | None, seen: int = 0) -> Iterator[BaseException]:
    """An error, what it was raised from, and the members of groups."""
    if error is None or seen > 8:
        return
    yield error
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _causes(member, seen + 1)
    yield from _causes(error.__cause__ or error.__context__, seen + 1)
