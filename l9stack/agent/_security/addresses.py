"""What a backend's URL says beside its address, and how each client is told.

Whom to trust is part of a URL. The clients of Redis and Postgres have a word for it in theirs (`ssl_ca_certs`,
`sslrootcert`); those of the graph and of the archive have none, and `ca` is ours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import neo4j
import obstore

from l9stack.agent._security.proxies import is_near

AUTHORITIES = {
    "redis": "L9_REDIS_CA",
    "postgres": "L9_POSTGRES_CA",
    "neo4j": "L9_NEO4J_CA",
    "archive": "L9_ARCHIVE_CA",
}
"""By service, the variable that names a file of certificates (PEM) which its server's own is checked with."""
_ENCRYPTED = {"bolt+s": "bolt", "neo4j+s": "neo4j"}


def with_authority(service: str, url: str, file: str) -> str:
    """The URL, where its server's certificate is checked with a file's; one that trusts somebody already is left alone.

    An address without TLS has no certificate: it stays as it is. One of Postgres that does not say is checked.
    """
    parts = urlsplit(url)
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if service == "redis" and parts.scheme == "rediss":
        more = {"ssl_ca_certs": file}
    elif service == "postgres" and said.get("sslmode") not in ("disable", "allow", "prefer", "require"):
        more = {"sslmode": "verify-full", "sslrootcert": file}
    elif (service == "neo4j" and parts.scheme in _ENCRYPTED) or (service == "archive" and parts.scheme in ("s3", "")):
        more = {"ca": file}
    else:
        return url
    added = {name: value for name, value in more.items() if name not in said}
    return with_query(url, urlencode(added, quote_via=quote, safe="/"))


def with_query(url: str, query: str) -> str:
    """The URL with more of a query."""
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


@dataclass(frozen=True, slots=True)
class GraphAddress:
    """Where the graph is, as its driver takes it."""

    uri: str
    auth: tuple[str, str] | None
    database: str | None
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the driver: TLS with an authority of one's own cannot be said by its URI."""

    @classmethod
    def of(cls, url: str) -> Self:
        """Read `neo4j+s://user:password@host:port/database?ca=FILE`; the rest of the query is routing's."""
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        file = dict(query).get("ca", "")
        routing = urlencode([(name, value) for name, value in query if name != "ca"])
        trusted = {"encrypted": True, "trusted_certificates": neo4j.TrustCustomCAs(file)} if file else {}
        scheme = _ENCRYPTED.get(parts.scheme, parts.scheme) if file else parts.scheme
        host = parts.netloc.rpartition("@")[2]
        return cls(
            uri=urlunsplit((scheme, host if parts.port else f"{host}:7687", "", routing, "")),
            auth=(unquote(parts.username), unquote(parts.password or "")) if parts.username else None,
            database=parts.path.strip("/") or None,
            options=trusted,
        )


def archive_store(url: str) -> Any:
    """The object store of a URL; a bucket's bare name is a bucket of S3.

    Its endpoint, region and credentials come from the `AWS_…` variables, as everywhere.

    Raises:
        OSError: the file of certificates cannot be read.
    """
    parts = urlsplit(url if "://" in url else f"s3://{url}")
    options: Any = _past_proxies() if parts.scheme == "s3" else {}
    if file := dict(parse_qsl(parts.query)).get("ca", ""):
        parts = parts._replace(query="")
        options["root_certificate"] = Path(file).read_bytes()
    return obstore.store.from_url(urlunsplit(parts), client_options=options or None)


def _past_proxies() -> dict[str, Any]:
    """Options of a client that asks an endpoint next to us by no proxy; none for one that is elsewhere."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
    if not endpoint or not is_near(endpoint):
        return {}
    # The client has no word for "no proxy": one that is named replaces those of the environment, and is passed by.
    # Given options also replace what the environment says of plain HTTP.
    plain = os.environ.get("AWS_ALLOW_HTTP", "false")
    return {"proxy_url": endpoint, "proxy_excludes": urlsplit(endpoint).hostname, "allow_http": plain}
