"""A collection's own packages: installed once for each lock, by hash, beside l9stack's own."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from l9stack.errors import ServiceError
from l9stack.extraction.packages import Packages, install, packages_of
from l9stack.inputs import Inputs
from l9stack.project import Project


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The hash of a wheel that pip finds on this machine, and nowhere else."""
    file = tmp_path / "wheels" / "parcels-1.0-py3-none-any.whl"
    file.parent.mkdir()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("parcels.py", "WEIGHT = 12\n")
        archive.writestr("parcels-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: parcels\nVersion: 1.0\n")
        archive.writestr(
            "parcels-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("parcels-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(file.parent))
    return hashlib.sha256(file.read_bytes()).hexdigest()


def locked(folder: Path) -> Packages | None:
    return packages_of(Inputs.read(Project(folder), folder).contents.lock)


def test_a_lock_is_installed_once(tmp_path: Path, wheel: str) -> None:
    project, lock = Project(tmp_path), tmp_path / "requirements.txt"
    assert install(project, locked(tmp_path)) == ()
    lock.write_text(f"parcels==1.0 --hash=sha256:{wheel}\n")
    (folder,) = install(project, locked(tmp_path))
    assert (folder / "parcels.py").read_text() == "WEIGHT = 12\n" and folder.is_relative_to(project.state)
    made = folder.stat().st_mtime_ns
    assert install(project, locked(tmp_path)) == (folder,) and folder.stat().st_mtime_ns == made
    lock.write_text(f"# again\n{lock.read_text()}")
    assert install(project, locked(tmp_path)) != (folder,)


def test_what_is_not_what_was_locked_is_not_installed(tmp_path: Path, wheel: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"parcels==1.0 --hash=sha256:{wheel[::-1]}\n")
    with pytest.raises(
        ServiceError, match=r"requirements\.txt could not be installed:\n(.|\n)*DO NOT MATCH THE HASHES"
    ):
        install(Project(tmp_path), locked(tmp_path))
    assert not list((tmp_path / ".l9" / "packages").iterdir())
