"""The project's signing key, made at first use, and the public key that the project trusts.

The private key lies in `.l9/keys/project.key` (0600, in a folder of mode 0700), its public half beside it in
`project.pub`, which is what `l9 verify` trusts. A project that shares its trust puts a copy of that file into its root
as `l9-project.pub` and commits it: from then on that file alone is trusted, in every clone, and signing with any other
key is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from l9stack.errors import InputError, Place, Problem
from l9stack.files import write_file
from l9stack.project import Project

_COPY = "put a copy of it back: what was signed with another key does not verify with a new one"
PINNED = "l9-project.pub"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key with its id."""

    private: Ed25519PrivateKey
    key_id: str


def key_id(public: Ed25519PublicKey) -> str:
    """SHA-256 of the key's SubjectPublicKeyInfo."""
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def signing_key(project: Project, given: Path | None = None) -> SigningKey:
    """The key to sign with: `given` (a PEM file), or the project's own, which is made at first use.

    Raises:
        InputError: the key is no Ed25519 key, can be read by others, or is not the one that the project has pinned.
    """
    path = given or project.keys / "project.key"
    if given is None:
        _make(project)
    private = _read_private(path)
    public = private.public_key()
    trusted = trusted_key(project)
    if trusted is None:
        write_file(project.keys / "project.pub", _public_pem(public), 0o600)
    elif key_id(trusted) != key_id(public):
        hint = f"sign with the key whose public half stands in {pinned_file(project)}, or replace that file"
        raise InputError(
            [Problem("key-not-pinned", "the project trusts another key than this one", Place(str(path)), hint)]
        )
    return SigningKey(private, key_id(public))


def pinned_file(project: Project) -> Path:
    """The file with the trusted public key: `l9-project.pub` in the root, else the one in `.l9/keys`."""
    shared = project.root / PINNED
    return shared if shared.exists() else project.keys / "project.pub"


def trusted_key(project: Project) -> Ed25519PublicKey | None:
    """The public key that the project trusts; None where none is pinned yet.

    Raises:
        InputError: the pinned file holds no Ed25519 public key.
    """
    path = pinned_file(project)
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise InputError([Problem("bad-key", "this is no Ed25519 public key in PEM", Place(str(path)), _COPY)])
    return key


def _public_pem(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _make(project: Project) -> None:
    path = project.keys / "project.key"
    if path.exists():
        return
    project.keys.mkdir(parents=True, exist_ok=True)
    project.keys.chmod(0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor, name = tempfile.mkstemp(dir=project.keys)  # 0600 from the start
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
        # A link fails where the name is taken: of two first uses at once, one key wins and both use it.
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _read_private(path: Path) -> Ed25519PrivateKey:
    try:
        if path.stat().st_mode & 0o077:
            problem = Problem("key-readable", "others can read the private key", Place(str(path)), f"chmod 600 {path}")
            raise InputError([problem])
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise InputError([Problem("no-key", "the signing key does not exist", Place(str(path)))]) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError([Problem("bad-key", "this is no Ed25519 private key in PEM", Place(str(path)), _COPY)])
    return key
