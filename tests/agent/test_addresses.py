"""Whom a client trusts is part of its URL; nothing else of a URL changes, and no address loses its TLS."""

import neo4j
import pytest

from l9stack.agent._security.addresses import GraphAddress, with_authority
from l9stack.agent.backends import BackendUrls

CA = "/run/l9/ca.pem"


@pytest.mark.parametrize(
    ("service", "url", "trusted"),
    [
        ("redis", "rediss://:p%40w@h:6380/0", f"rediss://:p%40w@h:6380/0?ssl_ca_certs={CA}"),
        ("redis", "rediss://h/0?ssl_ca_certs=/mine", "rediss://h/0?ssl_ca_certs=/mine"),
        ("redis", "redis://h:6379/0", "redis://h:6379/0"),
        ("postgres", "postgresql://u:w@h/db", f"postgresql://u:w@h/db?sslmode=verify-full&sslrootcert={CA}"),
        ("postgres", "postgresql://h/db?sslmode=verify-ca", f"postgresql://h/db?sslmode=verify-ca&sslrootcert={CA}"),
        ("postgres", "postgresql://h/db?sslmode=require", "postgresql://h/db?sslmode=require"),
        ("neo4j", "neo4j+s://u:w@h/db", f"neo4j+s://u:w@h/db?ca={CA}"),
        ("neo4j", "bolt+s://h?policy=eu", f"bolt+s://h?policy=eu&ca={CA}"),
        ("neo4j", "bolt://h:7687/db", "bolt://h:7687/db"),
        ("archive", "s3://bucket/prefix", f"s3://bucket/prefix?ca={CA}"),
        ("archive", "bucket", f"bucket?ca={CA}"),
        ("archive", "file:///srv/archive", "file:///srv/archive"),
    ],
)
def test_an_authority_is_added_where_a_certificate_is_shown_and_nobody_is_trusted_yet(service, url, trusted):
    assert with_authority(service, url, CA) == trusted
    assert with_authority(service, trusted, "/other") == trusted


@pytest.mark.parametrize(
    ("url", "uri", "auth", "database", "encrypted"),
    [
        ("bolt://h", "bolt://h:7687", None, None, None),
        ("neo4j+s://u:p%40w@h:7688/db", "neo4j+s://h:7688", ("u", "p@w"), "db", None),
        ("neo4j+s://u:w@h/db?ca=/ca", "neo4j://h:7687", ("u", "w"), "db", True),
        ("bolt+s://u:w@[::1]:9/db?ca=/ca", "bolt://[::1]:9", ("u", "w"), "db", True),
        ("neo4j://h/db?policy=eu", "neo4j://h:7687?policy=eu", None, "db", None),
    ],
)
def test_the_graphs_driver_is_told_what_its_own_uri_cannot_say(url, uri, auth, database, encrypted):
    found = GraphAddress.of(url)
    assert (found.uri, found.auth, found.database) == (uri, auth, database)
    assert found.options.get("encrypted") is encrypted
    if encrypted:
        assert isinstance(found.options["trusted_certificates"], neo4j.TrustCustomCAs)


def test_an_environment_names_the_authority_of_each_backend():
    environ = {
        "L9_REDIS_URL": "rediss://h/0",
        "L9_POSTGRES_URL": "postgresql://h/db",
        "L9_NEO4J_URL": "neo4j+s://h/db",
        "L9_HYPERGRAPH_URL": "postgresql://h/db",
        "L9_ARCHIVE_BUCKET": "s3://b",
        "L9_REDIS_CA": "/r",
        "L9_POSTGRES_CA": "/p",
        "L9_ARCHIVE_CA": "/a",
    }
    found = BackendUrls.from_environ(environ)
    assert found is not None
    assert (found.redis, found.archive) == ("rediss://h/0?ssl_ca_certs=/r", "s3://b?ca=/a")
    # Equal URLs stay equal: hyperedges then lie in the same database, over the same connections.
    assert found.postgres == found.hypergraph == "postgresql://h/db?sslmode=verify-full&sslrootcert=/p"
    assert found.neo4j == "neo4j+s://h/db"
