from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from l9stack.errors import InputError, VerificationError
from l9stack.evidence import signing
from l9stack.evidence.keys import PINNED, SigningKey, key_id, signing_key, trusted_key
from l9stack.evidence.signing import NAME, PAYLOAD_TYPE, pre_authentication
from l9stack.evidence.verify import verify
from l9stack.files import write_files
from l9stack.model.evidence import BuildEvidence
from l9stack.project import Project
from tests.evidence.conftest import evidence_of
from tests.gates import handmade

Publish = Callable[[Path, BuildEvidence], Path]


@pytest.fixture
def folder(tmp_path: Path, publish: Publish) -> Path:
    return publish(tmp_path / "office_20260301_123005", evidence_of(handmade.plan()))


def codes(folder: Path, project: Project) -> set[str]:
    report = verify(folder, project)
    assert report.ok == (not report.problems)
    return {problem.code for problem in report.problems}


def test_an_untouched_extraction_verifies(folder: Path, project: Project) -> None:
    report = verify(folder, project)
    assert report.ok
    assert report.problems == ()
    assert report.gates_passed
    assert report.collection == "office"
    assert report.tree_digest == handmade.tree().digest
    assert report.files == len(handmade.tree().artifacts) + 2
    report.require()


def test_every_single_file_counts(folder: Path, project: Project) -> None:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        before = path.read_bytes()
        flipped = bytearray(before)
        flipped[len(flipped) // 2] ^= 1
        path.write_bytes(flipped)
        report = verify(folder, project)
        assert not report.ok, path
        with pytest.raises(VerificationError):
            report.require()
        path.unlink()
        assert not verify(folder, project).ok, path
        path.write_bytes(before)
    assert verify(folder, project).ok


def test_every_byte_of_the_attestation_counts(folder: Path, project: Project) -> None:
    path = folder / NAME
    before = path.read_bytes()
    data = json.loads(before)
    for name in ("payload", "payloadType"):
        for place in range(0, len(data[name]), max(1, len(data[name]) // 40)):
            changed = dict(data)
            changed[name] = data[name][:place] + ("A" if data[name][place] != "A" else "B") + data[name][place + 1 :]
            path.write_text(json.dumps(changed))
            assert not verify(folder, project).ok, (name, place)


@pytest.mark.parametrize("name", ["extra.py", "code/L9/desk/extra.py", "tests/agents/desk/conftest.py"])
def test_an_extra_file_is_named(folder: Path, project: Project, name: str) -> None:
    (folder / name).write_text("x = 1\n")
    (problem,) = verify(folder, project).problems
    assert problem.code == "file-extra"
    assert problem.place is not None
    assert problem.place.file == name


def test_a_link_is_no_file(folder: Path, project: Project, tmp_path: Path) -> None:
    target = folder / "office_config.yaml"
    shutil.copy(target, tmp_path / "same")
    target.unlink()
    target.symlink_to(tmp_path / "same")
    assert codes(folder, project) == {"file-changed"}


def test_caches_are_noted_and_not_covered(folder: Path, project: Project) -> None:
    (folder / "code/L9/desk/__pycache__").mkdir()
    (folder / "code/L9/desk/__pycache__/x.pyc").write_bytes(b"x")
    report = verify(folder, project)
    assert report.ok
    assert [note.code for note in report.notes] == ["caches"]


def change(folder: Path, **fields: Any) -> None:
    path = folder / NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def envelope(payload: bytes, key: SigningKey, payload_type: str = PAYLOAD_TYPE) -> str:
    return signing.envelope(
        payload, payload_type, key.key_id, key.private.sign(pre_authentication(payload_type, payload))
    )


def test_no_signature_is_refused(folder: Path, project: Project) -> None:
    change(folder, signatures=[])
    assert codes(folder, project) == {"no-signature"}
    (folder / NAME).unlink()
    assert codes(folder, project) == {"no-signature"}


def test_the_wrong_type_is_refused_also_when_it_is_signed(folder: Path, project: Project) -> None:
    payload = base64.b64decode(json.loads((folder / NAME).read_text())["payload"])
    change(folder, payloadType="application/json")
    assert codes(folder, project) == {"wrong-payload-type"}
    (folder / NAME).write_text(envelope(payload, signing_key(project), "application/json"))
    assert codes(folder, project) == {"wrong-payload-type"}
    # The signature of one type does not hold for another.
    change(folder, payloadType=PAYLOAD_TYPE)
    assert codes(folder, project) == {"bad-signature"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("_type", "https://in-toto.io/Statement/v0.1"), ("predicateType", "https://slsa.dev/provenance/v1")],
)
def test_another_kind_of_statement_is_refused(folder: Path, project: Project, field: str, value: str) -> None:
    payload = json.loads(base64.b64decode(json.loads((folder / NAME).read_text())["payload"]))
    (folder / NAME).write_text(envelope(json.dumps(payload | {field: value}).encode(), signing_key(project)))
    assert codes(folder, project) == {"wrong-statement"}


def other_key() -> SigningKey:
    private = Ed25519PrivateKey.generate()
    return SigningKey(private, key_id(private.public_key()))


def test_another_key_is_refused_whatever_id_it_claims(folder: Path, project: Project) -> None:
    payload = base64.b64decode(json.loads((folder / NAME).read_text())["payload"])
    key = other_key()
    (folder / NAME).write_text(envelope(payload, key))
    assert codes(folder, project) == {"wrong-key"}
    (folder / NAME).write_text(envelope(payload, SigningKey(key.private, signing_key(project).key_id)))
    assert codes(folder, project) == {"bad-signature"}


def test_an_envelope_of_another_extraction_is_refused(
    folder: Path, project: Project, publish: Publish, tmp_path: Path
) -> None:
    later = evidence_of(handmade.plan(), now=datetime(2026, 3, 2, tzinfo=UTC))
    other = publish(tmp_path / "other", later)
    shutil.copy(other / NAME, folder / NAME)
    assert codes(folder, project) == {"file-changed"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", "{" * 5000, '{"payload": "%%", "payloadType": "x", "signatures": []}']
)
def test_rubbish_is_no_envelope(folder: Path, project: Project, text: str) -> None:
    (folder / NAME).write_text(text)
    assert codes(folder, project) == {"bad-envelope"}


def test_keys_given_twice_are_refused(folder: Path, project: Project) -> None:
    path = folder / NAME
    before = path.read_text()
    path.write_text(before.replace('"payloadType"', '"payloadType": "x", "payloadType"', 1))
    assert codes(folder, project) == {"bad-envelope"}
    payload = base64.b64decode(json.loads(before)["payload"]).decode()
    doubled = payload.replace('"predicateType":', '"predicateType":"x","predicateType":', 1)
    path.write_text(envelope(doubled.encode(), signing_key(project)))
    assert codes(folder, project) == {"bad-statement"}


def resign(folder: Path, project: Project, edit: Callable[[dict[str, Any]], None]) -> None:
    """Sign a changed statement with the right key: what it binds has to fit all the same."""
    statement = json.loads(base64.b64decode(json.loads((folder / NAME).read_text())["payload"]))
    edit(statement)
    (folder / NAME).write_text(envelope(json.dumps(statement).encode(), signing_key(project)))


def test_digests_of_statement_evidence_and_manifest_are_bound(folder: Path, project: Project) -> None:
    before = (folder / NAME).read_text()
    edits: list[Callable[[dict[str, Any]], None]] = [
        lambda s: s["predicate"].update(treeDigest="0" * 64),
        lambda s: s["predicate"].update(inputDigest="0" * 64),
        lambda s: s["predicate"].update(collection="other"),
        lambda s: s["predicate"]["evidence"].update(tree_digest="0" * 64),
    ]
    for edit in edits:
        (folder / NAME).write_text(before)
        resign(folder, project, edit)
        assert codes(folder, project) == {"digest-mismatch"}
    (folder / NAME).write_text(before)
    resign(folder, project, lambda s: s["subject"].append(dict(s["subject"][0])))
    assert codes(folder, project) == {"bad-statement"}


def test_failed_gates_are_told(project: Project, publish: Publish, tmp_path: Path) -> None:
    evidence = evidence_of(handmade.plan())
    broken = evidence.results[0].model_copy(update={"passed": False})
    evidence = evidence.model_copy(update={"results": (broken, *evidence.results[1:])})
    report = verify(publish(tmp_path / "failed", evidence), project)
    assert report.ok
    assert not report.gates_passed


def test_an_independent_implementation_accepts_the_envelope(folder: Path, project: Project) -> None:
    dsse = pytest.importorskip("securesystemslib.dsse")
    signer = pytest.importorskip("securesystemslib.signer")
    trusted = trusted_key(project)
    assert trusted is not None
    read = dsse.Envelope.from_dict(json.loads((folder / NAME).read_text()))
    key = signer.SSlibKey.from_crypto(trusted, keyid=key_id(trusted))
    assert read.verify([key], 1)


def test_keys_are_private_and_made_once(project: Project) -> None:
    first = signing_key(project)
    assert signing_key(project).key_id == first.key_id
    assert (project.keys.stat().st_mode & 0o777, (project.keys / "project.key").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )
    assert sorted(path.name for path in project.keys.iterdir()) == ["project.key", "project.pub"]
    os.chmod(project.keys / "project.key", 0o640)  # noqa: PTH101
    with pytest.raises(InputError, match="others can read"):
        signing_key(project)


def test_a_key_pinned_in_the_root_is_the_only_one(folder: Path, project: Project, tmp_path: Path) -> None:
    own, key = signing_key(project), other_key()
    public = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (project.root / PINNED).write_bytes(public)
    assert codes(folder, project) == {"wrong-key"}
    with pytest.raises(InputError, match="key-not-pinned"):
        signing_key(project)
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "given.key").write_bytes(pem)
    (tmp_path / "given.key").chmod(0o600)
    assert signing_key(project, tmp_path / "given.key").key_id == key.key_id != own.key_id


@pytest.mark.parametrize("text", ["", "rubbish", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_broken_pinned_key_is_refused(folder: Path, project: Project, text: str) -> None:
    (project.root / PINNED).write_text(text)
    with pytest.raises(InputError, match="bad-key"):
        verify(folder, project)


def test_a_project_without_a_key_trusts_nobody(folder: Path, tmp_path: Path) -> None:
    assert codes(folder, Project(tmp_path / "elsewhere")) == {"no-pinned-key"}


def test_first_uses_at_once_agree_on_one_key(project: Project, tmp_path: Path) -> None:
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            try:
                write_files(tmp_path, [(f"id{number}", signing_key(project).key_id.encode())])
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert len({(tmp_path / f"id{number}").read_text() for number in range(4)}) == 1
