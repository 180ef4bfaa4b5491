"""`l9stack:archive`: how the bucket of `l9stack:backends.archive` is reached, and what of it the stack looks after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pulumi

from l9stack.infra.archive.buckets import SETTINGS
from l9stack.infra.settings.checks import Constraint, is_flag, is_text, name_list
from l9stack.infra.settings.reader import Reader


def _is_endpoint(value: Any) -> bool:
    try:
        parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


_CHECKS: Mapping[str, Constraint] = {
    "endpoint": (_is_endpoint, "an address of an S3 server, as https://s3.example.com; without it, AWS is meant"),
    "region": (is_text, "a region, as eu-central-1"),
    "access_key": (is_text, "the id of an access key: pulumi config set --secret --path l9stack:archive.access_key ID"),
    "secret_key": (is_text, "its secret: pulumi config set --secret --path l9stack:archive.secret_key SECRET"),
    "kms_key": (is_text, "the ARN of a key of KMS; without it, S3's own keys encrypt"),
    "manage": (is_flag, "true or false: whether the stack makes the bucket and looks after its settings"),
    "without": (lambda value: isinstance(value, list) and set(value) <= set(SETTINGS), f"any of {name_list(SETTINGS)}"),
}


@dataclass(frozen=True)
class ArchiveSettings:
    """How an archive in S3 is reached; `bucket` is empty where the stack looks after none."""

    bucket: str = ""
    prefix: str = ""
    """Within the bucket, with `/` at its end; may be empty."""
    endpoint: str = ""
    """The S3 server; without one, AWS."""
    region: str = "us-east-1"
    """Where the bucket is."""
    access_key: pulumi.Input[str] | None = None
    """Whose key agents and `l9 up` use; without one, what the machine has: a profile, a role."""
    secret_key: pulumi.Input[str] | None = None
    """The secret of `access_key`."""
    kms_key: str = ""
    """The ARN of a key that encrypts; without one, S3's own keys do."""
    without: tuple[str, ...] = ()
    """Settings of the bucket that the stack does without, because its server does not offer them."""

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """What agents' clients are told; without keys, they take those of the machine they run on."""
        told: dict[str, pulumi.Input[str] | None] = {
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint or None,
            "AWS_ALLOW_HTTP": "true" if self.endpoint.startswith("http:") else None,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }
        return {name: value for name, value in told.items() if value is not None}


def read_archive(reader: Reader, archive: str) -> ArchiveSettings | None:
    """The block `archive`; None where the archive (its URL is given) is no bucket of S3."""
    given = reader.mapping("archive", "{region: eu-central-1}")
    good: dict[str, Any] = {}
    for name, value in given.items():
        if reader.hold(name in _CHECKS, f"archive.{name}", "unknown key", f"any of {name_list(_CHECKS)}"):
            # What is wrong may be a secret: it is never repeated.
            check, hint = _CHECKS[name]
            if reader.hold(check(value), f"archive.{name}", "not understood", hint):
                good[name] = value
    parts = urlsplit(archive)
    nowhere = not archive and not reader.is_set("backends.archive")
    s3 = reader.hold(
        not given or not (nowhere or (archive and parts.scheme != "s3")),
        "archive",
        "there is no bucket",
        "set l9stack:backends.archive to s3://BUCKET",
    )
    names = [name for name in ("access_key", "secret_key") if name in given or reader.is_set(f"archive.{name}")]
    reader.hold(len(names) != 1, "archive", "access_key and secret_key go together", "set both, or none of them")
    if parts.scheme != "s3" or not s3:
        return None
    prefix = parts.path.strip("/")
    return ArchiveSettings(
        bucket=(parts.hostname or "") if good.get("manage", True) else "",
        prefix=f"{prefix}/" if prefix else "",
        endpoint=good.get("endpoint", ""),
        region=good.get("region", "us-east-1"),
        access_key=pulumi.Output.secret(good["access_key"]) if "access_key" in good else None,
        secret_key=pulumi.Output.secret(good["secret_key"]) if "secret_key" in good else None,
        kms_key=good.get("kms_key", ""),
        without=tuple(good.get("without", ())),
    )
