"""Backends by URL against real servers: log-ins and what goes wrong with them, the archive's bucket, its policy."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import obstore
import pytest
from botocore.exceptions import ClientError

from l9stack.agent import ArchiveLayer
from l9stack.agent.declarations import MemoryDeclaration
from l9stack.agent.memory._connections import StoreConnections
from l9stack.errors import ServiceError
from l9stack.infra.archive.buckets import BucketAddress, create, remove, settle, standing
from l9stack.infra.archive.policies import agents_policy
from l9stack.infra.providers.archive import ArchiveBucketProvider
from l9stack.infra.providers.login import login
from l9stack.infra.providers.service import ExternalServiceProvider
from tests.real_servers.authority import make_authority
from tests.real_servers.servers import ACCESS_KEY, REGION, RealServers

PRODUCTS = {"redis": "Redis 7", "postgres": "PostgreSQL 1", "neo4j": "Neo4j 5.26"}
SETTINGS = {"encryption": "AES256", "public_access": "blocked", "lifecycle": {"dev/desk/a/": 90}}
"""What the real server does not offer, with the name of each and a value that is wanted of it."""


# -- log-ins -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", PRODUCTS)
def test_a_log_in_tells_the_product_with_tls_and_without(real: RealServers, service: str) -> None:
    authority = str(real.authority.certificate)
    assert login(service, getattr(real.plain, service)).startswith(PRODUCTS[service])
    assert login(service, getattr(real.encrypted, service), authority).startswith(PRODUCTS[service])


def test_a_graph_is_reached_without_routing_as_well(real: RealServers) -> None:
    url = real.encrypted.neo4j.replace("neo4j+s:", "bolt+s:")
    assert login("neo4j", url, str(real.authority.certificate)).startswith("Neo4j")


FAULTS = {
    "nobody trusted": (lambda url: url, None, "its certificate is not valid|certificates names nobody"),
    "another authority": (lambda url: url, "other", "its certificate is"),
    "another host": (
        lambda url: url.replace("localhost", "127.0.0.1"),
        "own",
        "not valid for '127.0.0.1'|for another host name",
    ),
    "another password": (
        lambda url: re.sub(r":[^:@/]+@", ":wrong-word@", url),
        "own",
        "it refuses the user or the password",
    ),
    "no such host": (lambda url: url.replace("localhost", "nowhere.invalid"), "own", "its host name is unknown here"),
    "nobody listens": (lambda url: re.sub(r"localhost:\d+", "localhost:1", url), "own", "nobody listens there"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("service", PRODUCTS)
def test_a_log_in_that_fails_says_why_and_no_secret(
    real: RealServers, tmp_path_factory: pytest.TempPathFactory, service: str, fault: str
) -> None:
    change, trusted, wanted = FAULTS[fault]
    other = make_authority(tmp_path_factory.mktemp("other"))
    authority = {"own": real.authority, "other": other}.get(trusted or "")
    url = change(getattr(real.encrypted, service))
    with pytest.raises(ServiceError, match=wanted) as caught:
        login(service, url, str(authority.certificate) if authority else "")
    told = str(caught.value)
    assert told.startswith(f"{service}: no log-in at ")
    assert real.passwords[service] not in told and "wrong-word" not in told


@pytest.mark.parametrize("service", ["postgres", "neo4j"])
def test_a_database_that_is_not_there_is_told(real: RealServers, service: str) -> None:
    url = re.sub(r"/(l9|neo4j)\?|/neo4j\Z", "/absent?", getattr(real.plain, service))
    with pytest.raises(ServiceError, match="it has no database of that name"):
        login(service, url)


def test_a_resource_shows_why_it_cannot_be_reached_any_more(real: RealServers) -> None:
    provider, props = ExternalServiceProvider(), {"service": "redis", "url": real.plain.redis}
    made = provider.make(props)
    assert made["product"].startswith("Redis") and real.passwords["redis"] not in json.dumps(made)
    assert provider.observe(props) == {"state": "running"}
    away = {"service": "redis", "url": re.sub(r":\d+/", ":1/", real.plain.redis)}
    assert provider.observe(away) == {"state": "nobody listens there"}


# -- the bucket --------------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(real: RealServers) -> Iterator[str]:
    """A name of a bucket that is not there; it is gone afterwards."""
    name = f"claims-{secrets.token_hex(4)}"
    yield name
    client = real.s3()
    if standing(client, name) == "ours":
        found = client.list_object_versions(Bucket=name)
        for entry in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
            client.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
        assert remove(client, name)


def props(real: RealServers, bucket: str, access: str = ACCESS_KEY, secret: str = "", **more: Any) -> dict[str, Any]:
    return {
        "bucket": bucket,
        "scope": "dev/desk/",
        "server": real.endpoint(tls=False),
        "region": REGION,
        "access_key": access,
        "secret_key": secret or real.passwords["archive"],
        "state": "running",
        **more,
    }


@pytest.fixture(scope="module")
def neighbour(real: RealServers) -> tuple[str, str]:
    """The keys of another account, which may make buckets of its own."""
    keys = ("neighbour", secrets.token_hex(8))
    real.add_user(*keys, role="userplus")
    return keys


def test_a_bucket_is_made_once_and_what_is_off_is_seen_and_mended(real: RealServers, bucket: str) -> None:
    provider, wanted = ArchiveBucketProvider(), props(real, bucket, versioning="enabled")
    made = provider.make(wanted)
    assert made["created"] and made["endpoint"].startswith(f"s3://{bucket} at 127.0.0.1:")
    assert provider.observe(wanted) == {"state": "running", "versioning": "enabled"}
    real.s3().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    seen = {**wanted, **provider.observe(wanted)}
    assert seen["versioning"] == "suspended"
    assert provider.diff("", seen, wanted).changes
    assert provider.mend({**seen, **made}, wanted)["created"]
    assert provider.observe(wanted)["versioning"] == "enabled"


def test_a_setting_that_the_server_has_not_is_told_by_name_and_leaves_no_bucket(real: RealServers, bucket: str) -> None:
    """The server takes calls that it does not know for others: what it says counts for nothing, what it keeps does."""
    with pytest.raises(ServiceError) as caught:
        ArchiveBucketProvider().make(props(real, bucket, versioning="enabled", **SETTINGS))
    told = str(caught.value)
    for name in SETTINGS:
        assert f"no {name} (Put" in told
    assert "versioning" not in told
    assert "without: [encryption, public_access, lifecycle]" in told
    assert standing(real.s3(), bucket) == "absent"


def test_a_bucket_of_somebody_else_is_never_taken(real: RealServers, bucket: str, neighbour: tuple[str, str]) -> None:
    wanted = props(real, bucket, versioning="enabled")
    ArchiveBucketProvider().make(wanted)
    theirs = props(real, bucket, *neighbour, versioning="enabled")
    with pytest.raises(ServiceError, match="belongs to somebody else"):
        ArchiveBucketProvider().make(theirs)
    assert ArchiveBucketProvider().observe(theirs) == {"state": "belongs to somebody else"}
    # Also where its owner lets us use it.
    allowed = {"Effect": "Allow", "Principal": {"AWS": [neighbour[0]]}, "Action": "s3:*"}
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    policy = {"Version": "2012-10-17", "Statement": [allowed | {"Resource": resources}]}
    real.s3().put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert real.s3(*neighbour).head_bucket(Bucket=bucket)
    with pytest.raises(ServiceError, match="belongs to somebody else"):
        ArchiveBucketProvider().make(theirs)


def test_a_bucket_of_our_own_is_taken_over_and_stays_when_the_stack_goes(real: RealServers, bucket: str) -> None:
    real.s3().create_bucket(Bucket=bucket)
    wanted = props(real, bucket, versioning="enabled")
    made = ArchiveBucketProvider().make(wanted)
    assert not made["created"]
    ArchiveBucketProvider().delete("", {**wanted, **made})
    assert standing(real.s3(), bucket) == "ours"


def test_a_bucket_goes_with_the_stack_only_when_nothing_is_in_it(real: RealServers, bucket: str) -> None:
    provider, wanted, client = ArchiveBucketProvider(), props(real, bucket, versioning="enabled"), real.s3()
    state = {**wanted, **provider.make(wanted)}
    client.put_object(Bucket=bucket, Key="dev/desk/a/1.json", Body=b"{}")
    client.delete_object(Bucket=bucket, Key="dev/desk/a/1.json")  # what can still be had back is something, too
    provider.delete("", state)
    assert standing(client, bucket) == "ours"
    for entry in (found := client.list_object_versions(Bucket=bucket))["Versions"] + found["DeleteMarkers"]:
        client.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
    provider.delete("", state)
    assert standing(client, bucket) == "absent"
    assert provider.observe(wanted) == {"state": "not there"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"secret_key": "wrong-word"}, "it refuses the user or the password"),
        ({"access_key": "nobody"}, "it refuses the user or the password"),
        ({"server": "http://127.0.0.1:1"}, "nobody listens there"),
        ({"bucket": "no"}, "InvalidBucketName"),
    ],
)
def test_a_bucket_that_cannot_be_made_says_why_and_no_secret(
    real: RealServers, bucket: str, change: dict[str, str], told: str
) -> None:
    with pytest.raises(ServiceError, match=told) as caught:
        ArchiveBucketProvider().make(props(real, bucket) | change)
    assert real.passwords["archive"] not in str(caught.value) and "wrong-word" not in str(caught.value)


def test_a_servers_certificate_is_checked(real: RealServers, bucket: str) -> None:
    address = BucketAddress(bucket, "dev/desk/", real.endpoint(tls=True), REGION, ACCESS_KEY, real.passwords["archive"])
    trusting = replace(address, authority=str(real.authority.certificate))
    assert create(trusting.client(), trusting) and not create(trusting.client(), trusting)
    assert settle(trusting.client(), trusting, {"versioning": "enabled"}) == {}
    wanted = {"state": "running", "bucket": bucket, "scope": "", "server": real.endpoint(tls=True)}
    seen = ArchiveBucketProvider().observe(wanted | {"access_key": ACCESS_KEY, "secret_key": real.passwords["archive"]})
    assert seen["state"].startswith("its certificate is not valid")


# -- the policy --------------------------------------------------------------------------------------------------------


async def test_agents_with_the_printed_policy_keep_read_and_expire_what_is_theirs_and_nothing_else(
    real: RealServers, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real server knows no conditions of a policy, and lets nobody delete many at once: neither is shown here."""
    keys = ("agents-of-dev", secrets.token_hex(8))
    real.add_user(*keys)
    real.s3().create_bucket(Bucket=bucket)
    policy = agents_policy(bucket, "dev/", "desk", ["settler"])
    for statement in policy["Statement"]:
        statement.pop("Condition", None)
        statement["Principal"] = {"AWS": [keys[0]]}
    real.s3().put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    for name, value in real.archive_variables(tls=False).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[1])
    urls = replace(real.plain, archive=f"s3://{bucket}")
    connections = StoreConnections(MemoryDeclaration(archive=ArchiveLayer()), urls, "dev")
    store = connections.archive()
    for path in ("dev/desk/settler/1.json", "dev/desk/clerk/1.json", "dev/desk/settler-audit/1.json"):
        await obstore.put_async(store, path, b"{}")
        assert bytes(await (await obstore.get_async(store, path)).bytes_async()) == b"{}"
    assert (await connections.probe())["archive"] == "ok"
    client = real.s3(*keys)
    client.delete_object(Bucket=bucket, Key="dev/desk/settler/1.json")
    for kept in ("dev/desk/clerk/1.json", "dev/desk/settler-audit/1.json"):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.delete_object(Bucket=bucket, Key=kept)
    for outside in ("prod/desk/settler/1.json", "dev/other/settler/1.json"):
        with pytest.raises(obstore.exceptions.PermissionDeniedError):
            await obstore.put_async(store, outside, b"{}")
    await connections.close()
