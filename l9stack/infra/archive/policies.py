"""What whoever holds the archive's keys has to be allowed in S3, and no more: policies of IAM, as people paste them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

_DEPLOYER = (
    *("s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucket"),
    *("s3:GetBucketVersioning", "s3:PutBucketVersioning"),
    *("s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"),
    *("s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    *("s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
)

Policy = dict[str, Any]


def agents_policy(bucket: str, namespace: str, collection: str, expiring: Collection[str], kms_key: str = "") -> Policy:
    """For the agents of a stack: to keep and read what is theirs, and to delete what is past its retention.

    `namespace` is the prefix of all that the stack keeps, with `/` at its end; `expiring` are the agents whose archive
    has a retention. Anchors of audit chains can be deleted by none of them.
    """
    whole = f"arn:aws:s3:::{bucket}"
    own = f"{whole}/{namespace}{collection}"
    statements = [
        _allow("ListOwn", ["s3:ListBucket"], [whole]) | {"Condition": {"StringLike": {"s3:prefix": [f"{namespace}*"]}}},
        _allow("KeepAndRead", ["s3:GetObject", "s3:PutObject"], [f"{own}/*"]),
    ]
    if expiring:
        statements.append(_allow("Expire", ["s3:DeleteObject"], [f"{own}/{agent}/*" for agent in sorted(expiring)]))
    if kms_key:
        statements.append(_allow("Encrypt", ["kms:GenerateDataKey", "kms:Decrypt"], [kms_key]))
    return _policy(statements)


def deployer_policy(bucket: str) -> Policy:
    """For whoever deploys: to make the bucket, and to look after its settings; never to read what is in it."""
    return _policy(
        [
            _allow("TellWhose", ["s3:ListAllMyBuckets"], ["*"]),
            _allow("LookAfter", list(_DEPLOYER), [f"arn:aws:s3:::{bucket}"]),
        ]
    )


def _policy(statements: list[dict[str, Any]]) -> Policy:
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
