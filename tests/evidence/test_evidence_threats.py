"""What somebody does to a signed extraction without the key, or with it and lying: each is told."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from l9stack.evidence.keys import signing_key
from l9stack.evidence.signing import NAME, PAYLOAD_TYPE, pre_authentication
from l9stack.evidence.verify import verify
from l9stack.model.evidence import BuildEvidence
from l9stack.project import Project
from tests.evidence.conftest import evidence_of
from tests.evidence.test_evidence_verify import codes, envelope, other_key, resign
from tests.gates import handmade

REPOSITORY = Path(__file__).resolve().parents[2]
EACH = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path: Path, publish: Callable[[Path, BuildEvidence], Path], project: Project) -> Path:
    made = publish(tmp_path / "office_20260301_123005", evidence_of(handmade.plan()))
    assert codes(made, project) == set()
    return made


def read(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / NAME).read_bytes())
    return data


def statement(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(base64.b64decode(read(folder)["payload"]))
    return data


@EACH
@given(which=st.integers(0, 10_000), place=st.integers(0, 1_000_000), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_told(folder: Path, project: Project, which: int, place: int, bit: int) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = files[which % len(files)]
    before = path.read_bytes()
    flipped = bytearray(before)
    flipped[place % len(before)] ^= 1 << bit
    path.write_bytes(flipped)
    assert codes(folder, project)
    path.write_bytes(before)


@EACH
@given(place=st.integers(0, 1_000_000), byte=st.integers(0, 255))
def test_no_byte_of_the_attestation_can_be_another(folder: Path, project: Project, place: int, byte: int) -> None:
    path = folder / NAME
    before = path.read_bytes()
    changed = bytearray(before)
    changed[place % len(before)] = byte
    path.write_bytes(changed)
    assert bool(codes(folder, project)) == (bytes(changed) != before)
    path.write_bytes(before)


@pytest.mark.parametrize(
    "spell",
    [
        lambda e: e["signatures"][0].update(keyid="0" * 64),
        lambda e: e["signatures"][0].pop("keyid"),
        lambda e: e["signatures"][0].update(note="more"),
        lambda e: e["signatures"].append(dict(e["signatures"][0])),
        lambda e: e["signatures"].insert(0, {"keyid": "x", "sig": ""}),
        lambda e: e.update(more="more"),
        lambda e: e.update(payload=e.pop("payload")),
    ],
    ids=["key id", "no key id", "a field", "twice", "a stranger first", "a field outside", "order"],
)
def test_one_envelope_has_one_spelling(folder: Path, project: Project, spell: Callable[[Any], None]) -> None:
    data = read(folder)
    spell(data)
    (folder / NAME).write_text(json.dumps(data, indent=2) + "\n")
    assert codes(folder, project) == {"bad-envelope"}


def test_base64_that_decodes_to_the_same_signature_is_another_envelope(folder: Path, project: Project) -> None:
    data = read(folder)
    sig = data["signatures"][0]["sig"]
    assert sig.endswith("==")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = sig[:-3] + alphabet[alphabet.index(sig[-3]) + 1] + "=="  # only bits that decode to nothing
    assert base64.b64decode(other) == base64.b64decode(sig)
    data["signatures"][0]["sig"] = other
    (folder / NAME).write_text(json.dumps(data, indent=2) + "\n")
    assert codes(folder, project) == {"bad-envelope"}


@EACH
@given(length=st.integers(0, 1_000_000))
def test_a_cut_attestation_is_told(folder: Path, project: Project, length: int) -> None:
    path = folder / NAME
    before = path.read_bytes()
    path.write_bytes(before[: length % len(before)])
    assert codes(folder, project) == {"bad-envelope"}
    path.write_bytes(before)


@pytest.mark.parametrize(
    "kind", ["application/vnd.in-toto+json ", "application/vnd.in-toto", "text/plain", "", 5, None]
)
def test_a_payload_passes_for_no_other_type(folder: Path, project: Project, kind: Any) -> None:
    """As it is, and signed by the right key for that other type."""
    data = read(folder)
    payload = base64.b64decode(data["payload"])
    (folder / NAME).write_text(json.dumps({**data, "payloadType": kind}, indent=2) + "\n")
    assert codes(folder, project) == {"wrong-payload-type"}
    if isinstance(kind, str):
        (folder / NAME).write_text(envelope(payload, signing_key(project), kind))
        assert codes(folder, project) == {"wrong-payload-type"}


def test_bytes_signed_without_their_type_are_not_signed(folder: Path, project: Project) -> None:
    """The key signed the very payload, but as plain bytes: another protocol's signature is none of ours."""
    data, key = read(folder), signing_key(project)
    payload = base64.b64decode(data["payload"])
    for signed in (payload, data["payload"].encode(), pre_authentication(PAYLOAD_TYPE, payload)[:-1]):
        data["signatures"][0]["sig"] = base64.b64encode(key.private.sign(signed)).decode()
        (folder / NAME).write_text(json.dumps(data, indent=2) + "\n")
        assert codes(folder, project) == {"bad-signature"}


def test_a_stranger_who_signs_beside_the_key_adds_nothing(folder: Path, project: Project) -> None:
    mine = read(folder)
    theirs = json.loads(envelope(b'{"_type":"other"}', other_key()))
    theirs["signatures"] += mine["signatures"]
    (folder / NAME).write_text(json.dumps(theirs, indent=2) + "\n")
    assert codes(folder, project) == {"bad-signature"}


def test_files_that_change_places_are_told(folder: Path, project: Project) -> None:
    one, other = sorted(path for path in folder.glob("code/**/*.py") if path.stat().st_size)[:2]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    report = verify(folder, project)
    told = {problem.place.file for problem in report.problems if problem.place}
    assert told == {path.relative_to(folder).as_posix() for path in (one, other)}


def test_a_missing_and_an_extra_file_are_told_by_name(folder: Path, project: Project) -> None:
    (folder / "office_config.yaml").rename(folder / "other_config.yaml")
    found = {(problem.code, problem.place.file) for problem in verify(folder, project).problems if problem.place}
    assert found == {("file-missing", "office_config.yaml"), ("file-extra", "other_config.yaml")}


@pytest.mark.parametrize("edit", ["reordered", "cut", "doubled"])
def test_subjects_that_are_reordered_or_cut_lose_their_signature(folder: Path, project: Project, edit: str) -> None:
    data, said = read(folder), statement(folder)
    subjects = said["subject"]
    said["subject"] = {"reordered": subjects[::-1], "cut": subjects[:-1], "doubled": [*subjects, subjects[0]]}[edit]
    data["payload"] = base64.b64encode(json.dumps(said, separators=(",", ":")).encode()).decode()
    (folder / NAME).write_text(json.dumps(data, indent=2) + "\n")
    assert codes(folder, project) == {"bad-signature"}


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda s: s["subject"].pop(), "file-extra"),
        (lambda s: s["subject"][0].update(name="other.py"), "file-missing"),
        (lambda s: s["subject"][0].update(name="../outside.json"), "file-missing"),
        (lambda s: s["subject"].append({"name": NAME, "digest": {"sha256": "0" * 64}}), "file-missing"),
        (lambda s: s["subject"][0]["digest"].update(sha256="0" * 64), "file-changed"),
        (lambda s: s["subject"][0]["digest"].update(sha256=""), "bad-statement"),
        (lambda s: s["subject"][0].update(digest={"sha512": "0" * 128}), "bad-statement"),
        (lambda s: s["subject"][0].update(digest=None), "bad-statement"),
        (lambda s: s.update(subject=[]), "file-extra"),
        (lambda s: s.pop("subject"), "bad-statement"),
        (lambda s: s.pop("predicate"), "bad-statement"),
        (lambda s: s["predicate"].update(evidence=None), "bad-statement"),
    ],
)
def test_a_signed_statement_about_another_subject_does_not_cover_this_one(
    folder: Path, project: Project, edit: Callable[[Any], None], code: str
) -> None:
    resign(folder, project, edit)
    assert code in codes(folder, project)


def test_another_collections_envelope_does_not_cover_this_one(
    folder: Path, project: Project, publish: Callable[[Path, BuildEvidence], Path], tmp_path: Path
) -> None:
    """Same key, same files but for the evidence: signed, and about something else."""
    other = publish(tmp_path / "other", evidence_of(handmade.plan()).model_copy(update={"collection": "depot"}))
    shutil.copy(other / NAME, folder / NAME)
    assert "file-changed" in codes(folder, project)


@pytest.mark.parametrize("name", ["extraction_manifest.json", "manifests/desk.json"])
def test_keys_given_twice_in_a_signed_file_are_told(folder: Path, project: Project, name: str) -> None:
    """Two readers would see two things in it, so it is refused although every byte is as it was signed."""
    path = folder / name
    data = path.read_bytes().replace(b"{", b'{"collection": "x", "collection": "y", ', 1)
    path.write_bytes(data)

    def rebind(said: dict[str, Any]) -> None:
        import hashlib

        entry = next(item for item in said["subject"] if item["name"] == name)
        entry["digest"]["sha256"] = hashlib.sha256(data).hexdigest()

    resign(folder, project, rebind)
    assert codes(folder, project) & {"bad-json", "bad-manifest"}


def test_the_claims_are_no_larger_than_what_holds(folder: Path) -> None:
    assert statement(folder)["predicate"]["slsaBuildLevel"] == "at most 1"
    report = " ".join((folder / "evidence_report.md").read_text().split())
    assert "tamper-evident up to its last audit anchor" in report
    assert "at most SLSA build level 1" in report
    large = re.compile(
        r"tamper-?(proof|resistant)|unforgeable|cannot be forged|SLSA (build )?level [2-4]", re.IGNORECASE
    )
    texts = [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    texts += [path for name in ("templates", "l9stack") for path in (REPOSITORY / name).rglob("*") if path.is_file()]
    said = {
        path.name: path.read_text(encoding="utf-8") for path in texts if path.suffix in (".md", ".py", ".j2", ".yaml")
    }
    assert len(said) > 100
    assert {name for name, text in said.items() if large.search(text)} == set()
    evident = [line for text in said.values() for line in text.splitlines() if "tamper-evident" in line]
    assert evident
    assert [line for line in evident if "up to" not in line] == []
