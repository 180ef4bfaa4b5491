"""Files that a project's servers keep: what is damaged is told, and nothing takes its place by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from l9stack.errors import ServiceError
from l9stack.local.processes import password
from l9stack.local.supervisor import Ports


def test_a_password_is_made_once_and_kept(tmp_path: Path):
    assert password(tmp_path, "postgres") == password(tmp_path, "postgres") != password(tmp_path, "redis")
    assert (tmp_path / "postgres.password").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"xx{", b"\xff\xfe", b"0123456789abcdef\n"])
def test_a_damaged_password_is_told_and_kept(tmp_path: Path, content: bytes):
    """Another one would start a server that cannot open its own data."""
    path = tmp_path / "postgres.password"
    path.write_bytes(content)
    with pytest.raises(ServiceError, match=r"postgres\.password is damaged.*put a copy of it back.*--purge"):
        password(tmp_path, "postgres")
    assert path.read_bytes() == content


def test_ports_are_given_once_and_kept(tmp_path: Path):
    ports = Ports(tmp_path / "ports.json")
    first = ports.of("desk")
    assert Ports(tmp_path / "ports.json").of("desk") == first != ports.of("till")


@pytest.mark.parametrize("content", ["", "xx{", "[]", '{"desk": "first"}', '{"desk": null}'])
def test_damaged_ports_are_told_with_what_to_do(tmp_path: Path, content: str):
    path = tmp_path / "ports.json"
    path.write_text(content)
    with pytest.raises(ServiceError, match=r"ports\.json.* is damaged: put a copy of it back, or remove it"):
        Ports(path).of("desk")
    assert path.read_text() == content
