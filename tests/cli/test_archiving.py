"""`l9 archive policy`: the least that keys have to be allowed, for the bucket of a stack or one that is named."""

import json
import shutil
from pathlib import Path

import pytest

from l9stack.cli.main import main
from l9stack.errors import InputError

EXAMPLE = Path(__file__).parents[2] / "input_schemas" / "claims_desk"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: l9stack\nruntime: python\nconfig:\n  output:\n    default: extractions\n"
    )
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  l9stack:collection: claims_desk\n  l9stack:backends:\n    archive: s3://claims/east\n"
        "    redis:\n      secure: v1:abc\n  l9stack:archive:\n    kms_key: arn:aws:kms:eu-central-1:1:key/a\n"
    )
    shutil.copytree(EXAMPLE, tmp_path / "claims_desk")
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], project: Path, *arguments: str) -> dict[str, dict[str, object]]:
    assert main(["--project", str(project), "archive", "policy", *arguments]) == 0
    statements = json.loads(capsys.readouterr().out)["Statement"]
    return {statement["Sid"]: statement for statement in statements}


def test_agents_may_do_what_their_schemas_ask_for_and_no_more(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = printed(capsys, project, "--stack", "prod")
    own = "arn:aws:s3:::claims/east/prod/claims_desk"
    assert {name: (each["Action"], each["Resource"]) for name, each in found.items()} == {
        "ListOwn": (["s3:ListBucket"], ["arn:aws:s3:::claims"]),
        "KeepAndRead": (["s3:GetObject", "s3:PutObject"], [f"{own}/*"]),
        # No folder of an audit chain's anchors ends in the name of an agent.
        "Expire": (["s3:DeleteObject"], [f"{own}/claim_intake/*", f"{own}/settlement/*"]),
        "Encrypt": (["kms:GenerateDataKey", "kms:Decrypt"], ["arn:aws:kms:eu-central-1:1:key/a"]),
    }
    assert found["ListOwn"]["Condition"] == {"StringLike": {"s3:prefix": ["east/prod/*"]}}


def test_a_bucket_can_be_named_and_whoever_deploys_has_a_policy_too(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = printed(capsys, project, "--stack", "prod", "--bucket", "s3://other", "--for", "deployer")
    assert found["LookAfter"]["Resource"] == ["arn:aws:s3:::other"]


def test_a_stack_without_a_bucket_is_told_how_to_name_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: {l9stack:collection: claims_desk}\n")
    assert main(["--project", str(project), "archive", "policy"]) == InputError.exit_code
    assert "--bucket s3://BUCKET" in capsys.readouterr().err
