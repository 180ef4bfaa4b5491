"""The attestation: an in-toto statement about every file of an extraction, in a DSSE envelope.

Specifications: in-toto Attestation Framework, Statement v1; Dead Simple Signing Envelope v1 (its pre-authentication
encoding binds the payload's type, so a payload cannot pass for one of another kind). What a local generator signs is at
most SLSA build level 1: it says who generated what from what, not that the machine was sound.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from l9stack.evidence.canonical import canonical
from l9stack.evidence.keys import SigningKey
from l9stack.evidence.redaction import redact_value
from l9stack.model.evidence import BuildEvidence

NAME = "attestation.dsse.json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:l9stack:build-evidence:v1"


def statement(evidence: BuildEvidence, files: Mapping[str, str], inputs: Mapping[str, str]) -> dict[str, Any]:
    """The statement about `files` (path → SHA-256; every file but the attestation), with the evidence as predicate.

    `inputs` are the SHA-256 of what it was made from, by name.
    """
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": path, "digest": {"sha256": sha256}} for path, sha256 in sorted(files.items())],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "schemaVersion": 1,
            "collection": evidence.collection,
            "treeDigest": evidence.tree_digest,
            "inputDigest": evidence.input_digest,
            "inputs": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in sorted(inputs.items())],
            "slsaBuildLevel": "at most 1",
            "evidence": redact_value(evidence.model_dump(mode="json", exclude={"todo"})),
        },
    }


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """DSSE's encoding of what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(evidence: BuildEvidence, files: Mapping[str, str], inputs: Mapping[str, str], key: SigningKey) -> str:
    """The text of `attestation.dsse.json`. Ed25519 is deterministic: the same statement gives the same text."""
    payload = canonical(statement(evidence, files, inputs))
    return envelope(payload, PAYLOAD_TYPE, key.key_id, key.private.sign(pre_authentication(PAYLOAD_TYPE, payload)))


def envelope(payload: bytes, payload_type: str, key: str, signature: bytes) -> str:
    """The envelope in the one form in which it is written, so that none of its bytes can change unseen."""
    parts = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [{"keyid": key, "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(parts, indent=2) + "\n"
