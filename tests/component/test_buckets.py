"""Settings of a bucket that no server beside AWS offers here: what is asked of S3, in S3's own words, and read back.

Whatever a real S3 server can show is shown in `tests/real_servers`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.stub import Stubber

from l9stack.errors import ServiceError
from l9stack.infra.archive.buckets import (
    NONCURRENT_DAYS,
    SETTINGS,
    BucketAddress,
    create,
    current,
    remove,
    settle,
    standing,
)
from l9stack.infra.archive.policies import deployer_policy

AT = BucketAddress("claims", "dev/desk/")
FOREIGN = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 7}}
OTHER_STACK = {"ID": "l9stack prod/desk/a/", "Status": "Enabled", "Filter": {"Prefix": "prod/desk/a/"}}


class S3:
    """Keeps what it is told, as S3 does; `parameters` of every call are checked by botocore's own model of S3."""

    def __init__(self, **errors: str) -> None:
        self.kept: dict[str, Any] = {}
        self.buckets: set[str] = set()
        self.asked: set[str] = set()
        self.errors = errors
        session = Session()
        self._client = session.create_client(
            "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )

    def __getattr__(self, call: str) -> Any:
        def answer(**parameters: Any) -> dict[str, Any]:
            self.asked.add(call)
            with Stubber(self._client) as stub:
                if call in self.errors:
                    stub.add_client_error(call, self.errors[call], http_status_code=403)
                else:
                    stub.add_response(call, self._act(call, parameters), parameters)
                found: dict[str, Any] = getattr(self._client, call)(**parameters)
                return found

        return answer

    def get_paginator(self, _call: str) -> Any:
        class Pages:
            paginate = staticmethod(lambda: [self.list_buckets()])

        return Pages

    def _act(self, call: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if call == "list_buckets":
            return {"Buckets": [{"Name": name} for name in sorted(self.buckets)]}
        if call == "create_bucket":
            self.buckets.add(parameters["Bucket"])
        verb, _, what = call.partition("_")
        what = what.removesuffix("_configuration")
        if verb == "put":
            self.kept[what] = {name: value for name, value in parameters.items() if name != "Bucket"}
        if verb == "delete":
            self.kept.pop(what, None)
        if verb == "get":
            answers = {"bucket_lifecycle": "LifecycleConfiguration", "bucket_versioning": "VersioningConfiguration"}
            whole = self.kept.get(what, {})
            return dict(whole.get(answers[what], {})) if what in answers else whole
        return {}


@pytest.mark.parametrize(
    ("setting", "before", "wanted"),
    [
        ("versioning", "off", "enabled"),
        ("encryption", "none", "AES256"),
        ("encryption", "none", "aws:kms arn:aws:kms:eu-central-1:1:key/a"),
        ("public_access", "open", "blocked"),
        ("lifecycle", {}, {"dev/desk/a/": 90, "dev/desk/b/": 366}),
    ],
)
def test_a_setting_is_made_and_read_back(setting: str, before: Any, wanted: Any) -> None:
    client = S3()
    assert SETTINGS[setting].read(client, AT) == before
    assert settle(client, AT, {setting: wanted}) == {}
    assert SETTINGS[setting].read(client, AT) == wanted


def test_a_bucket_that_a_key_of_its_owners_encrypts_keeps_it() -> None:
    client, theirs = S3(), "aws:kms arn:aws:kms:eu-central-1:1:key/theirs"
    settle(client, AT, {"encryption": theirs})
    assert current(client, AT, {"encryption": "AES256"}) == {"encryption": "AES256"}
    assert settle(client, AT, {"encryption": "AES256"}) == {}
    assert SETTINGS["encryption"].read(client, AT) == theirs


def test_rules_of_others_stay_and_those_of_other_stacks_are_not_ours() -> None:
    client = S3()
    client.put_bucket_lifecycle_configuration(
        Bucket="claims", LifecycleConfiguration={"Rules": [FOREIGN, OTHER_STACK | {"Expiration": {"Days": 9}}]}
    )
    settle(client, AT, {"lifecycle": {"dev/desk/a/": 90}})
    settle(client, AT, {"lifecycle": {"dev/desk/b/": 30}})
    rules = client.kept["bucket_lifecycle"]["LifecycleConfiguration"]["Rules"]
    assert [rule["ID"] for rule in rules] == ["theirs", "l9stack prod/desk/a/", "l9stack dev/desk/b/"]
    # What agents delete is gone for good some time later, though the bucket keeps versions.
    assert rules[-1]["NoncurrentVersionExpiration"] == {"NoncurrentDays": NONCURRENT_DAYS}
    settle(client, AT, {"lifecycle": {}})
    assert [rule["ID"] for rule in client.kept["bucket_lifecycle"]["LifecycleConfiguration"]["Rules"]] == [
        "theirs",
        "l9stack prod/desk/a/",
    ]


def test_a_rule_that_was_switched_off_or_changed_by_hand_is_seen() -> None:
    client = S3()
    settle(client, AT, {"lifecycle": {"dev/desk/a/": 90, "dev/desk/b/": 30}})
    first, second = client.kept["bucket_lifecycle"]["LifecycleConfiguration"]["Rules"]
    first["Status"], second["Expiration"] = "Disabled", {"Days": 1}
    assert SETTINGS["lifecycle"].read(client, AT) == {"dev/desk/b/": 1}


def test_what_keys_are_not_allowed_to_set_is_told_by_its_call() -> None:
    with pytest.raises(ServiceError, match="PutBucketVersioning is not allowed"):
        settle(S3(put_bucket_versioning="AccessDenied"), AT, {"versioning": "enabled"})


def test_a_setting_that_is_accepted_and_not_kept_counts_as_none() -> None:
    client = S3()
    client._act = lambda call, parameters: {}  # type: ignore[method-assign]
    assert settle(client, AT, {"encryption": "AES256"}) == {
        "encryption": "PutBucketEncryption is accepted and changes nothing"
    }


def test_whose_a_bucket_is_cannot_be_told_without_the_list() -> None:
    with pytest.raises(ServiceError, match="allow s3:ListAllMyBuckets"):
        standing(S3(list_buckets="AccessDenied"), "claims")


def test_a_bucket_that_another_one_of_us_made_meanwhile_is_ours() -> None:
    client = S3(head_bucket="404", create_bucket="BucketAlreadyOwnedByYou")
    assert create(client, AT) is False
    with pytest.raises(ServiceError, match="belongs to somebody else"):
        create(S3(head_bucket="404", create_bucket="BucketAlreadyExists"), AT)


def test_keys_that_are_refused_say_so_whatever_else_is_asked() -> None:
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        standing(S3(head_bucket="InvalidAccessKeyId"), "claims")


def test_a_bucket_is_made_in_its_region_by_whatever_address_aws_is_asked() -> None:
    made = replace(AT, endpoint="https://s3.eu-central-1.amazonaws.com", region="eu-central-1")
    refusing = S3(head_bucket="404")
    plain = refusing._act

    def act(call: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if call == "create_bucket" and "CreateBucketConfiguration" not in parameters:
            raise ClientError({"Error": {"Code": "IllegalLocationConstraintException"}}, "CreateBucket")
        return plain(call, parameters)

    refusing._act = act  # type: ignore[method-assign]
    assert create(refusing, made) is True and refusing.buckets == {"claims"}
    assert create(S3(head_bucket="404"), replace(made, endpoint="https://s3.example.com")) is True


ACTIONS = {
    "head_bucket": "ListBucket",
    "list_buckets": "ListAllMyBuckets",
    "get_bucket_encryption": "GetEncryptionConfiguration",
    "put_bucket_encryption": "PutEncryptionConfiguration",
    "get_public_access_block": "GetBucketPublicAccessBlock",
    "put_public_access_block": "PutBucketPublicAccessBlock",
    "get_bucket_lifecycle_configuration": "GetLifecycleConfiguration",
    "put_bucket_lifecycle_configuration": "PutLifecycleConfiguration",
    "delete_bucket_lifecycle": "PutLifecycleConfiguration",
}
"""Calls whose permission has another name: "Required permissions for Amazon S3 API operations" in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html."""


def test_whoever_deploys_may_do_what_is_done_and_nothing_else() -> None:
    client = S3(head_bucket="404")
    create(client, AT)
    client.errors.clear()
    create(client, AT)
    wanted = {"versioning": "enabled", "encryption": "AES256", "public_access": "blocked"}
    settle(client, AT, wanted | {"lifecycle": {"dev/desk/a/": 90}})
    settle(client, AT, {"lifecycle": {}})
    remove(client, "claims")
    needed = {ACTIONS.get(call, call.title().replace("_", "")) for call in client.asked}
    allowed = {action for statement in deployer_policy("claims")["Statement"] for action in statement["Action"]}
    assert allowed == {f"s3:{action}" for action in needed}


def test_whoever_deploys_may_not_read_what_is_kept() -> None:
    actions = {action for statement in deployer_policy("claims")["Statement"] for action in statement["Action"]}
    assert not {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:*"} & actions
