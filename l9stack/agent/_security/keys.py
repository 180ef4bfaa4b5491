"""Ed25519 key pairs: one per principal, private files readable by their owner only, public keys in one list."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TRUSTED = "trusted.json"


def key_file(folder: Path, principal: str) -> Path:
    """The file of a principal's private key; the name is readable, and unique by a digest."""
    readable = re.sub(r"[^A-Za-z0-9]+", "_", principal).strip("_").lower()[:60]
    return folder / f"{readable}-{hashlib.sha256(principal.encode()).hexdigest()[:8]}.key"


def kid(principal: str, public: Ed25519PublicKey) -> str:
    """A key's id: it changes with the principal and with the key."""
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(principal.encode() + b"\0" + raw).hexdigest()[:16]


def ensure_keys(folder: Path, principals: Iterable[str]) -> None:
    """Make a key pair for every principal that has none, and list all public keys in `trusted.json`. Idempotent."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    listed = _read(folder)
    for principal in principals:
        path = key_file(folder, principal)
        if not path.exists():
            _write(path, _private_pem(Ed25519PrivateKey.generate()))
        public = load_private(folder, principal).public_key()
        listed[kid(principal, public)] = {"principal": principal, "public_pem": _public_pem(public)}
    document = {"keys": [{"kid": key, **entry} for key, entry in sorted(listed.items())]}
    _write(folder / TRUSTED, json.dumps(document, indent=2).encode())


def load_private(folder: Path, principal: str) -> Ed25519PrivateKey:
    """The private key of a principal; raises OSError where there is none."""
    key = serialization.load_pem_private_key(key_file(folder, principal).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise OSError(f"the key of {principal} is not Ed25519")
    return key


class Trust:
    """The public keys that tokens are checked with; read again when the file changes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / TRUSTED
        self._stamp: tuple[int, int] | None = None
        self._keys: Mapping[str, tuple[str, Ed25519PublicKey]] = {}

    def find(self, key_id: str) -> tuple[str, Ed25519PublicKey] | None:
        """Principal and key of a key id, or None."""
        stat = self._path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._keys = {key: _trusted(entry) for key, entry in _read(self._path.parent).items()}
            self._stamp = stamp
        return self._keys.get(key_id)

    def principals(self) -> frozenset[str]:
        """Everybody who has a key."""
        self.find("")
        return frozenset(principal for principal, _ in self._keys.values())


def _trusted(entry: Mapping[str, str]) -> tuple[str, Ed25519PublicKey]:
    key = serialization.load_pem_public_key(entry["public_pem"].encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"the key of {entry['principal']} is not Ed25519")
    return entry["principal"], key


def _read(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / TRUSTED
    if not path.exists():
        return {}
    entries = json.loads(path.read_text())["keys"]
    return {entry["kid"]: {"principal": entry["principal"], "public_pem": entry["public_pem"]} for entry in entries}


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    if path.exists() and path.read_bytes() == content:
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
