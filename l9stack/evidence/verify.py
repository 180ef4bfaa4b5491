"""Check an extraction folder against its attestation and the key that the project has pinned."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature

from l9stack.errors import InputError, Place, Problem, VerificationError
from l9stack.evidence import extraction_manifest, signing
from l9stack.evidence.canonical import strict_json
from l9stack.evidence.keys import key_id, pinned_file, trusted_key
from l9stack.files import CACHES, digests_below
from l9stack.model.artifact import tree_digest
from l9stack.model.base import Model
from l9stack.project import Project

BESIDE_THE_TREE = frozenset({"evidence_report.md", extraction_manifest.NAME, signing.NAME})
"""Files of an extraction that are evidence, and so no part of the tree's digest."""

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class VerificationReport(Model):
    """What was checked, and everything that does not match. `notes` name what the signature does not cover."""

    ok: bool
    folder: str
    collection: str = ""
    key_id: str = ""
    tree_digest: str = ""
    measured_at: str = ""
    gates_passed: bool = False
    files: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    def require(self) -> None:
        """Do nothing where all is well.

        Raises:
            VerificationError: with every mismatch.
        """
        if not self.ok:
            raise VerificationError(self.problems)


class _Bad(Exception):  # noqa: N818 - not an error of the program: it carries a finding out of nested checks
    def __init__(self, code: str, message: str, file: str = signing.NAME, hint: str = "") -> None:
        self.problem = Problem(code, message, Place(file), hint)


def verify(folder: Path, project: Project) -> VerificationReport:
    """Check signature, payload type, pinned key, every file's digest, and that nothing is missing or extra.

    Nothing that the envelope says is believed before its signature was checked with the pinned key.
    """
    if not folder.is_dir():
        raise InputError([Problem("no-such-path", f"{folder} is no folder", Place(str(folder)))])
    try:
        payload, signer = _checked_payload(folder, project)
        predicate, subjects = _statement(payload)
    except _Bad as bad:
        return VerificationReport(ok=False, folder=str(folder), problems=(bad.problem,))
    problems = [*_files(folder, subjects), *_binding(folder, predicate, subjects), *_json_files(folder, subjects)]
    evidence = predicate["evidence"]
    return VerificationReport(
        ok=not problems,
        folder=str(folder),
        collection=str(predicate.get("collection")),
        key_id=signer,
        tree_digest=str(predicate.get("treeDigest")),
        measured_at=str(evidence.get("measured_at")),
        gates_passed=_passed(evidence),
        files=len(subjects),
        problems=tuple(problems),
        notes=tuple(_caches(folder)),
    )


def _checked_payload(folder: Path, project: Project) -> tuple[bytes, str]:
    """The payload of the envelope and the id of the pinned key, after the signature was found to be that key's."""
    path = folder / signing.NAME
    if path.is_symlink() or not path.is_file():
        raise _Bad("no-signature", "the extraction has no attestation", hint="extract again")
    key = trusted_key(project)
    if key is None:
        raise _Bad(
            "no-pinned-key", "the project has pinned no key", str(pinned_file(project)), "extract once, or add it"
        )
    try:
        text = path.read_bytes()
        envelope = strict_json(text)
        payload_type, signatures = envelope["payloadType"], envelope["signatures"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        candidates = [(str(item.get("keyid")), base64.b64decode(item["sig"], validate=True)) for item in signatures]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise _Bad("bad-envelope", f"the attestation is no DSSE envelope: {error}") from None
    if payload_type != signing.PAYLOAD_TYPE:
        raise _Bad("wrong-payload-type", f"the payload is {payload_type!r}, not {signing.PAYLOAD_TYPE!r}")
    if not candidates:
        raise _Bad("no-signature", "the attestation carries no signature")
    signed = signing.pre_authentication(payload_type, payload)
    for _, signature in candidates:
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            continue
        # The signature covers the payload and its type; the rest, as the key's id or another spelling of base64, has
        # to be as it is written.
        if text != signing.envelope(payload, payload_type, key_id(key), signature).encode():
            raise _Bad("bad-envelope", "what is signed holds, but the envelope around it was changed")
        return payload, key_id(key)
    if key_id(key) in {name for name, _ in candidates}:
        raise _Bad("bad-signature", "the signature does not match: the attestation was changed")
    hint = f"the trusted key stands in {pinned_file(project)}"
    raise _Bad("wrong-key", f"signed by the key {candidates[0][0]}, which is not the project's", hint=hint)


def _statement(payload: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """The predicate, and the subjects as path → SHA-256."""
    try:
        data = strict_json(payload)
        if data["_type"] != signing.STATEMENT_TYPE or data["predicateType"] != signing.PREDICATE_TYPE:
            raise _Bad("wrong-statement", f"the payload is {data['_type']!r} with {data['predicateType']!r}")
        subjects: dict[str, str] = {}
        for item in data["subject"]:
            if item["name"] in subjects:
                raise _Bad("bad-statement", f"the subject {item['name']!r} is given twice")
            if not _SHA256.match(item["digest"]["sha256"]):
                raise _Bad("bad-statement", f"the subject {item['name']!r} has no SHA-256")
            subjects[item["name"]] = item["digest"]["sha256"]
        predicate = data["predicate"]
        if not isinstance(predicate, dict) or not isinstance(predicate["evidence"], dict):
            raise _Bad("bad-statement", "the statement has no evidence")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _Bad("bad-statement", f"the payload is no statement: {error}") from None
    return predicate, subjects


def _files(folder: Path, subjects: dict[str, str]) -> Iterator[Problem]:
    found = digests_below(folder)
    found.pop(signing.NAME, None)
    for path in sorted(found.keys() | subjects.keys()):
        if path not in found:
            yield Problem("file-missing", f"{path} is missing", Place(path))
        elif path not in subjects:
            yield Problem("file-extra", f"{path} is not in the attestation", Place(path))
        elif found[path] != subjects[path]:
            what = "is no regular file" if not found[path] else f"has SHA-256 {found[path]}, signed is {subjects[path]}"
            yield Problem("file-changed", f"{path} {what}", Place(path))


def _binding(folder: Path, predicate: dict[str, Any], subjects: dict[str, str]) -> Iterator[Problem]:
    """The digests that statement, evidence and manifest name have to be those of these very files."""
    tree = tree_digest((path, sha256) for path, sha256 in subjects.items() if path not in BESIDE_THE_TREE)
    names = {"treeDigest": predicate.get("treeDigest"), "evidence": predicate["evidence"].get("tree_digest")}
    try:
        manifest = strict_json((folder / extraction_manifest.NAME).read_bytes())
        names["extraction_manifest.json"] = manifest["tree_digest"]
        pairs = {
            (predicate.get("collection"), predicate.get("inputDigest")),
            (predicate["evidence"].get("collection"), predicate["evidence"].get("input_digest")),
            (manifest["collection_name"], manifest["input_digest"]),
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        yield Problem("bad-manifest", f"the manifest cannot be read: {error}", Place(extraction_manifest.NAME))
        return
    for name, value in names.items():
        if value != tree:
            yield Problem(
                "digest-mismatch", f"{name} names the tree {value}, the signed files are {tree}", Place(signing.NAME)
            )
    if len(pairs) != 1:
        yield Problem("digest-mismatch", "statement, evidence and manifest name different inputs", Place(signing.NAME))


def _json_files(folder: Path, subjects: dict[str, str]) -> Iterator[Problem]:
    for path in sorted(subjects):
        if path.endswith(".json") and (folder / path).is_file() and not (folder / path).is_symlink():
            try:
                strict_json((folder / path).read_bytes())
            except (ValueError, RecursionError) as error:
                yield Problem("bad-json", f"{path}: {error}", Place(path))


def _passed(evidence: dict[str, Any]) -> bool:
    parts = [evidence, *(evidence.get("agents") or [])]
    results = [item for part in parts for item in part.get("results") or []]
    return bool(results) and all(item.get("passed") is True for item in results)


def _caches(folder: Path) -> Iterator[Problem]:
    caches = sorted(path for path in folder.rglob("*") if path.is_dir() and path.name in CACHES)
    if caches:
        message = f"{len(caches)} folders of cached files are not covered by the signature"
        yield Problem(
            "caches", message, Place(str(caches[0].relative_to(folder))), "remove them before you deploy", "note"
        )
