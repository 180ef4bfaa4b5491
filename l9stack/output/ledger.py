"""What was delivered into a checkout: one record for each collection, and the texts as they were generated.

    .l9-delivery/<collection>.json    the record: path → digest of the generated text
    .l9-delivery/<collection>.pending what a delivery is about to write; there only while it runs, or was killed
    .l9-delivery/base/<digest>        the generated texts, from which later deliveries merge

It lies in the checkout and belongs into version control: whoever delivers next has to know what a person changed. What
it says is checked like any other input, for a checkout is written by many.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import StringConstraints, ValidationError

from l9stack.errors import InputError, Place, Problem
from l9stack.files import contained_path, file_digest, sweep, write_file
from l9stack.model.base import Model

FOLDER = ".l9-delivery"
BASE = f"{FOLDER}/base"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\.json\Z")

_M = TypeVar("_M", bound=Model)
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def sha256(data: bytes) -> str:
    """The hex digest of bytes."""
    return hashlib.sha256(data).hexdigest()


class DeliveryRecord(Model):
    """What of one collection lies in a checkout. `files` are the digests of the texts as they were generated."""

    schema_version: Literal[1] = 1
    collection: str
    extraction: str
    tree_digest: str
    files: dict[str, Digest]


class PendingDelivery(Model):
    """A delivery that began: what lay there before, and the generated and the written text of each file.

    It is spent once the record with the digest `record` is there.
    """

    schema_version: Literal[1] = 1
    record: Digest
    before: dict[str, Digest]
    generated: dict[str, Digest]
    written: dict[str, Digest]


class Ledger:
    """The records below one checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, collection: str) -> Path:
        """The file of a collection's record."""
        return contained_path(self.root, f"{FOLDER}/{collection}.json")

    def pending_path(self, collection: str) -> Path:
        """The file that says what a delivery is about to write."""
        return contained_path(self.root, f"{FOLDER}/{collection}.pending")

    def base_path(self, digest: str) -> Path:
        """The file of a generated text."""
        return contained_path(self.root, f"{BASE}/{digest}")

    def records(self) -> dict[str, DeliveryRecord]:
        """Every collection's record, as it is on disk."""
        folder = self.root / FOLDER
        names = sorted(path.name for path in folder.iterdir() if _NAME.match(path.name)) if folder.is_dir() else []
        found = {
            name.removesuffix(".json"): self._read(contained_path(self.root, f"{FOLDER}/{name}")) for name in names
        }
        return {name: record for name, record in found.items() if record is not None}

    def delivered(self, collection: str) -> dict[str, str]:
        """Path → digest of the generated text, for all that was delivered, also by a delivery that was killed."""
        record = self._read(self.path(collection))
        files: dict[str, str] = dict(record.files) if record else {}
        path = self.pending_path(collection)
        if path.is_file():
            pending = _valid(PendingDelivery, path)
            if file_digest(self.path(collection)) == pending.record:
                return files
            files |= pending.before
            for name, digest in pending.written.items():
                if file_digest(contained_path(self.root, name)) == digest:
                    files[name] = pending.generated[name]
        return files

    def base(self, digest: str) -> bytes | None:
        """A generated text; None where it is not there, or was changed."""
        path = self.base_path(digest)
        data = path.read_bytes() if path.is_file() else None
        return data if data is not None and sha256(data) == digest else None

    def keep(self, texts: Mapping[str, bytes]) -> None:
        """Keep generated texts, by digest."""
        for digest, data in sorted(texts.items()):
            if self.base(digest) is None:
                write_file(self.base_path(digest), data)

    def prune(self, collection: str) -> tuple[str, ...]:
        """Remove the texts that no record names, unless a killed delivery of another collection may need some.

        Returns their paths. Only for the holder of the checkout's lock, as `clean` is.
        """
        own = self.pending_path(collection)
        if any(path != own for path in own.parent.glob("*.pending")):
            return ()
        needed = {digest for record in self.records().values() for digest in record.files.values()}
        found = [path for path in sorted((own.parent / "base").iterdir()) if path.name not in needed]
        for path in found:
            path.unlink()
        return tuple(f"{BASE}/{path.name}" for path in found)

    def clean(self) -> None:
        """Remove what killed deliveries left half-written."""
        folder = contained_path(self.root, FOLDER)
        sweep(folder)
        for path in folder.glob(".tmp-*"):
            path.unlink()

    def _read(self, path: Path) -> DeliveryRecord | None:
        return _valid(DeliveryRecord, path) if path.is_file() else None


def _valid(kind: type[_M], path: Path) -> _M:
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        hint = "take it from version control; without it, only files that are as generated count as delivered"
        message = f"the delivery record cannot be read: {error.errors()[0]['msg']}"
        raise InputError([Problem("bad-delivery-record", message, Place(str(path)), hint)]) from None


def as_bytes(model: Model) -> bytes:
    """A record as it is written."""
    return f"{model.model_dump_json(indent=1)}\n".encode()


def is_missing(ledger: Ledger, digests: Iterable[str]) -> bool:
    """Whether a text of these is not kept yet."""
    return any(ledger.base(digest) is None for digest in digests)
