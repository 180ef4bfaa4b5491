"""Ed25519 key pairs: one per principal, private files readable by their owner only, public keys in one list."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TRUSTED = "trusted.json"
_log = structlog.get_logger(__name__)


class KeyFileError(Exception):
    """A file of keys is damaged; the message names it, and says what brings it back."""


def key_file(folder: Path, principal: str) -> Path:
    """The file of a principal's private key; the name is readable, and unique by a digest."""
    readable = re.sub(r"[^A-Za-z0-9]+", "_", principal).strip("_").lower()[:60]
    return folder / f"{readable}-{hashlib.sha256(principal.encode()).hexdigest()[:8]}.key"


def kid(principal: str, public: Ed25519PublicKey) -> str:
    """A key's id: it changes with the principal and with the key."""
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(principal.encode() + b"\0" + raw).hexdigest()[:16]


def ensure_keys(folder: Path, principals: Iterable[str]) -> None:
    """Make a key pair for every principal that has none, and list all public keys in `trusted.json`. Idempotent.

    Raises:
        KeyFileError: a key that is there, or the list, is damaged: nothing takes its place by itself.
    """
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
    """The private key of a principal.

    Raises:
        OSError: there is none.
        KeyFileError: its file is no key.
    """
    path = key_file(folder, principal)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(
            f"{path} is damaged: it holds no Ed25519 key of {principal}; put a copy of it back, or remove it, and "
            "`l9 up` makes a new one (tokens of the old one are refused from then on)"
        )
    return key


def keys_missing(folder: Path, principals: Iterable[str]) -> list[str]:
    """Those principals that cannot act: their key is not there, is damaged, or is not listed as trusted."""
    trust = Trust(folder)
    return [principal for principal in principals if not _usable(folder, principal, trust)]


def _usable(folder: Path, principal: str, trust: Trust) -> bool:
    try:
        return trust.find(kid(principal, load_private(folder, principal).public_key())) is not None
    except (OSError, KeyFileError):
        return False


class Trust:
    """The public keys that tokens are checked with; read again when the file changes.

    A file that is damaged or gone meanwhile changes nothing: who was trusted stays, and nobody is added.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / TRUSTED
        self._stamp: tuple[int, int] | None = None
        self._keys: Mapping[str, tuple[str, Ed25519PublicKey]] = {}

    def find(self, key_id: str) -> tuple[str, Ed25519PublicKey] | None:
        """Principal and key of a key id, or None."""
        try:
            stat = self._path.stat()
        except OSError:  # it is not there any more
            return self._keys.get(key_id)
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = {key: _trusted(entry) for key, entry in _read(self._path.parent).items()}
            except KeyFileError as error:
                _log.error("keys_damaged", reason=str(error))
        return self._keys.get(key_id)

    def principals(self) -> frozenset[str]:
        """Everybody who has a key."""
        self.find("")
        return frozenset(principal for principal, _ in self._keys.values())


def _trusted(entry: Mapping[str, str]) -> tuple[str, Ed25519PublicKey]:
    try:
        key = serialization.load_pem_public_key(entry["public_pem"].encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{TRUSTED} lists a key of {entry['principal']} that is no Ed25519 key")
    return entry["principal"], key


def _read(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / TRUSTED
    if not path.exists():
        return {}
    try:
        entries = json.loads(path.read_bytes())["keys"]
        return {entry["kid"]: {"principal": entry["principal"], "public_pem": entry["public_pem"]} for entry in entries}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise KeyFileError(
            f"{path} is damaged: it does not list public keys; put a copy of it back, or remove it, and `l9 up` of "
            "each stack lists its keys again"
        ) from None


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
