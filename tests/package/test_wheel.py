"""What is published: the wheel and the source archive hold what git knows, and say what they are."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from l9stack import __version__

REPOSITORY = Path(__file__).parents[2]
BESIDE = ("templates", "tools", "input_schemas/claims_desk")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both of them, built as `make dist` builds them."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=REPOSITORY, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(dist / f"l9stack-{__version__}-py3-none-any.whl")


def tracked(*paths: str) -> set[str]:
    """What git knows or would, below some paths."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return {name for name in done.stdout.split("\0") if name and (REPOSITORY / name).is_file()}


def test_the_wheel_has_the_package_and_what_lies_beside_it_and_nothing_else(wheel: zipfile.ZipFile):
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    beside = {f"l9stack/_assets/{name}" for name in tracked(*BESIDE)}
    assert names == tracked("l9stack") | beside
    assert "l9stack/py.typed" in names


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = message_from_string(wheel.read(name).decode())
    assert (metadata["Name"], metadata["Version"]) == ("l9stack", __version__)
    assert (metadata["License-Expression"], metadata["License-File"]) == ("Apache-2.0", "LICENSE")
    assert wheel.read(name.replace("METADATA", "licenses/LICENSE")) == (REPOSITORY / "LICENSE").read_bytes()
    assert "Typing :: Typed" in metadata.get_all("Classifier")
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_the_page_of_the_index_has_no_link_that_leads_nowhere(wheel: zipfile.ZipFile):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    links = [part.partition(")")[0] for part in wheel.read(name).decode().split("](")[1:]]
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_the_wheel_of_the_source_archive_is_the_same(dist: Path, tmp_path: Path):
    with tarfile.open(dist / f"l9stack-{__version__}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    source = tmp_path / f"l9stack-{__version__}"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=source, check=True
    )
    built = f"l9stack-{__version__}-py3-none-any.whl"
    assert (tmp_path / built).read_bytes() == (dist / built).read_bytes()
