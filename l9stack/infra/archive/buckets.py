"""The archive's bucket in S3, or in a server that speaks S3: whose it is, its settings, and what a server has not.

A server may answer to a call that it does not know as if it were another one. So a setting counts when it is read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from l9stack.agent._security.proxies import is_near
from l9stack.errors import ServiceError

SECONDS = 5
_FIRST = "us-east-1"
"""The region that is no location constraint."""
NONCURRENT_DAYS = 30
"""How long S3 keeps what agents have deleted or written over: also of a version that nobody sees, retention holds."""
UPLOAD_DAYS = 7
S3_KEYS = "AES256"
"""Encryption by keys that S3 keeps itself, as the setting `encryption` names it."""
_OURS = "l9stack "
"""How the names of our lifecycle rules begin, with the stack's own prefix; all others are somebody else's, and stay."""
_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
_ABSENT = {
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchLifecycleConfiguration",
}
"""Codes by which servers say that a setting was never made."""
_REFUSED = {"AccessDenied", "AllAccessDisabled", "AccountProblem", "403"}

Client = Any
Value = str | dict[str, int]
Standing = Literal["absent", "ours", "theirs"]


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A bucket, and how it is reached; without keys, by what the machine has (a profile, a role)."""

    bucket: str
    scope: str = ""
    """The prefix of what this stack keeps there: of the rules of a bucket, those below it are ours."""
    endpoint: str = ""
    """Empty for AWS."""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = ""
    authority: str = ""
    """A file of certificates that the endpoint's is checked with; empty: those that everybody trusts."""

    def shown(self) -> str:
        """As people see it: never a key."""
        return f"s3://{self.bucket}" + (f" at {urlsplit(self.endpoint).netloc}" if self.endpoint else "")

    def client(self) -> Client:
        """A client of boto3 that does not wait for long."""
        import boto3  # half a second, of each command that starts the program
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint or None,
            region_name=self.region,
            aws_access_key_id=self.access_key or None,
            aws_secret_access_key=self.secret_key or None,
            verify=self.authority or None,
            config=Config(
                proxies={} if self.endpoint and is_near(self.endpoint) else None,
                connect_timeout=SECONDS,
                read_timeout=2 * SECONDS,
                retries={"total_max_attempts": 2},
                s3={"addressing_style": "path" if self.endpoint else "auto"},
                request_checksum_calculation="when_required",  # other servers know no newer ones
                response_checksum_validation="when_required",
            ),
        )


def code_of(error: BaseException) -> str:
    """The code of an answer of the server, as AccessDenied; empty for any other error."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def standing(client: Client, bucket: str) -> Standing:
    """Whose a bucket is: ours where the account's own list has it. A bucket that others let us use is theirs.

    Raises:
        ServiceError: the account's list may not be read, so that it cannot be told.
    """
    code = ""
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        code = code_of(error)
        if code in ("404", "NoSuchBucket"):
            return "absent"
        if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
            raise
        # Forbidden, in another region, or no name of a bucket: the list tells which.
    try:
        pages = client.get_paginator("list_buckets").paginate()
        names = {found["Name"] for page in pages for found in page.get("Buckets", [])}
    except ClientError as error:
        if code_of(error) in _REFUSED:
            raise ServiceError(f"whose bucket {bucket} is cannot be told: allow s3:ListAllMyBuckets") from error
        raise
    if bucket in names:
        return "ours"
    # What is no name of a bucket is nobody's: the server says so when it is to be made.
    return "absent" if code == "400" else "theirs"


def create(client: Client, address: BucketAddress) -> bool:
    """Make the bucket where it is absent; whether it was made now.

    Raises:
        ServiceError: it is somebody else's.
    """
    whose = standing(client, address.bucket)
    if whose == "absent":
        try:
            _created(client, address)
            return True
        except ClientError as error:
            if code_of(error) == "BucketAlreadyOwnedByYou":
                return False  # another run was quicker
            if code_of(error) != "BucketAlreadyExists":
                raise
            whose = "theirs"
    if whose == "theirs":
        raise ServiceError(
            f"{address.shown()} belongs to somebody else: names of buckets are everybody's; choose another one"
        )
    return False


def _created(client: Client, address: BucketAddress) -> None:
    """Make it in its region, of which AWS has to be told by whatever address it is asked; other servers know none."""
    told = {"CreateBucketConfiguration": {"LocationConstraint": address.region}}
    try:
        client.create_bucket(Bucket=address.bucket, **({} if address.endpoint or address.region == _FIRST else told))
    except ClientError as error:
        if code_of(error) != "IllegalLocationConstraintException" or address.region == _FIRST:
            raise
        client.create_bucket(Bucket=address.bucket, **told)


def remove(client: Client, bucket: str) -> bool:
    """Remove the bucket where it is empty, all versions included; whether it is gone."""
    try:
        client.delete_bucket(Bucket=bucket)
    except ClientError as error:
        if code_of(error) in ("BucketNotEmpty", "409"):
            return False
        if code_of(error) not in ("NoSuchBucket", "404"):
            raise
    return True


@dataclass(frozen=True, slots=True)
class BucketSetting:
    """A setting of a bucket: how it is read, and made what is wanted."""

    api: str
    """The call of S3 that makes it, by which a server's documents can be searched."""
    read: Callable[[Client, BucketAddress], Value]
    write: Callable[[Client, BucketAddress, Any], object]


def _versioning(client: Client, at: BucketAddress) -> Value:
    return {"Enabled": "enabled", "Suspended": "suspended"}.get(
        _asked(client.get_bucket_versioning, at, "Status"), "off"
    )


def _write_versioning(client: Client, at: BucketAddress, _wanted: str) -> object:
    return client.put_bucket_versioning(Bucket=at.bucket, VersioningConfiguration={"Status": "Enabled"})


def _encryption(client: Client, at: BucketAddress) -> Value:
    found = _asked(client.get_bucket_encryption, at, "ServerSideEncryptionConfiguration") or {}
    rule: dict[str, str] = next((rule["ApplyServerSideEncryptionByDefault"] for rule in found.get("Rules", [])), {})
    return " ".join(rule[name] for name in ("SSEAlgorithm", "KMSMasterKeyID") if rule.get(name)) or "none"


def _write_encryption(client: Client, at: BucketAddress, wanted: str) -> object:
    algorithm, _, key = wanted.partition(" ")
    rule = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    whole = {"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": bool(key)}
    return client.put_bucket_encryption(Bucket=at.bucket, ServerSideEncryptionConfiguration={"Rules": [whole]})


def _public_access(client: Client, at: BucketAddress) -> Value:
    found = _asked(client.get_public_access_block, at, "PublicAccessBlockConfiguration") or {}
    return "blocked" if found == _BLOCKED else "open"


def _write_public_access(client: Client, at: BucketAddress, _wanted: str) -> object:
    return client.put_public_access_block(Bucket=at.bucket, PublicAccessBlockConfiguration=_BLOCKED)


def _rules(client: Client, at: BucketAddress) -> list[dict[str, Any]]:
    return list(_asked(client.get_bucket_lifecycle_configuration, at, "Rules") or [])


def _lifecycle(client: Client, at: BucketAddress) -> Value:
    """The days that objects are kept, by prefix: of our own rules alone."""
    return {
        rule["Filter"]["Prefix"]: int(rule["Expiration"]["Days"])
        for rule in _rules(client, at)
        if _is_ours(rule, at)
        and rule.get("Status") == "Enabled"
        and rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") == NONCURRENT_DAYS
        and "Days" in rule.get("Expiration", {})
    }


def _write_lifecycle(client: Client, at: BucketAddress, wanted: Mapping[str, float]) -> object:
    """All rules of a bucket are one document: those of others stay in it."""
    own = [
        {
            "ID": f"{_OURS}{prefix}",
            "Status": "Enabled",
            "Filter": {"Prefix": prefix},
            "Expiration": {"Days": int(days)},
            "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UPLOAD_DAYS},
        }
        for prefix, days in sorted(wanted.items())
    ]
    rules = [rule for rule in _rules(client, at) if not _is_ours(rule, at)] + own
    if not rules:
        return client.delete_bucket_lifecycle(Bucket=at.bucket)
    return client.put_bucket_lifecycle_configuration(Bucket=at.bucket, LifecycleConfiguration={"Rules": rules})


SETTINGS: Mapping[str, BucketSetting] = {
    "versioning": BucketSetting("PutBucketVersioning", _versioning, _write_versioning),
    "encryption": BucketSetting("PutBucketEncryption", _encryption, _write_encryption),
    "public_access": BucketSetting("PutPublicAccessBlock", _public_access, _write_public_access),
    "lifecycle": BucketSetting("PutBucketLifecycleConfiguration", _lifecycle, _write_lifecycle),
}
"""By the names that a preview and `l9stack:archive.without` have."""


def current(client: Client, at: BucketAddress, wanted: Mapping[str, Any]) -> dict[str, Value]:
    """The settings of `wanted` as they are; one that is stronger than what is wanted counts as that, and stays."""
    found = {name: SETTINGS[name].read(client, at) for name in wanted}
    if wanted.get("encryption") == S3_KEYS and str(found["encryption"]).startswith("aws:kms"):
        found["encryption"] = S3_KEYS  # a key of its owner's, in a bucket that was there before
    return found


def settle(client: Client, at: BucketAddress, wanted: Mapping[str, Any]) -> dict[str, str]:
    """Make each setting what is wanted; why not, by name, for those that the server does not have afterwards."""
    lacking, before = {}, current(client, at, wanted)
    for name, value in wanted.items():
        setting, answer = SETTINGS[name], ""
        if before[name] == value:
            continue
        try:
            setting.write(client, at, value)
        except ClientError as error:
            if code_of(error) in _REFUSED:
                raise ServiceError(f"{at.shown()}: {setting.api} is not allowed to whom these keys belong") from error
            answer = f"answers {code_of(error)}"
        if setting.read(client, at) != value:
            lacking[name] = f"{setting.api} {answer or 'is accepted and changes nothing'}"
    return lacking


def _is_ours(rule: Mapping[str, Any], at: BucketAddress) -> bool:
    return str(rule.get("ID", "")).startswith(f"{_OURS}{at.scope}")


def _asked(call: Callable[..., dict[str, Any]], at: BucketAddress, name: str) -> Any:
    """A part of an answer; None where the setting was never made, or the server has no such call."""
    try:
        return call(Bucket=at.bucket).get(name)
    except ClientError as error:
        if code_of(error) in _ABSENT or error.response["ResponseMetadata"]["HTTPStatusCode"] in (405, 501):
            return None
        raise
