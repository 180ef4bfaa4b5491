"""Edits at random moments of `l9 extract`, `l9 up` and `l9 preview`: whatever a run names, it names the same bytes."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l9stack.evidence.verify import verify
from l9stack.extraction.prepare import prepare
from l9stack.extraction.published_view import published_view
from l9stack.inputs import Inputs
from l9stack.project import Project
from l9stack.reading.stack import read_stack
from tests.bench.scratch import COMMAND, REPOSITORY

COLLECTION = "office"
_AGENT = """\
system: {name}
module: office
name: {name}
role: Looks after letters, {version}.
rootpath: L9/agents/{folder}
governance: {{anchors: [Ada]}}
memorytopology: {{episodicmemory: {{storagetype: postgres}}}}
cursorinstructions: {{generatefiles: [controller.py, {folder}_letters.py], generatedocs: [README.md]}}
deployment: {{endpoints: [POST /{folder}/weigh, GET /health]}}
"""
_GLUE = """\
# {version}
operations:
  desk.weigh:
    summary: Weigh a letter, {version}.
    module: desk_letters.py
    request: {{pages: {{type: integer, minimum: 1, maximum: 90, example: 4}}}}
    response: {{weight: {{type: number, minimum: 0, maximum: 500, example: 18}}}}
"""
_ANSWERS = """\
operations:
  desk.weigh: {{implementation: office.letters:weigh}}
settings: {{limits.max_payload_bytes: {size}}}
"""
_WEIGH = """\
\"\"\"Weighs letters: {version}.\"\"\"

import json
from pathlib import Path


def weigh(request):
    {bad}return {{"weight": json.loads(Path(__file__).with_name("table.json").read_text())["page"] * request.pages}}
"""
_TABLE = '{{"page": 5, "version": "{version}"}}\n'
_WAYS = ("write", "replace", "delete")
BAD = 'raise RuntimeError("this was not to be run")\n    '
"""What an edit makes of the user's own function: no gate holds with it, so that no extraction may name it."""


def texts(version: str, *, edited: bool) -> dict[str, str]:
    """All inputs of a version, by path within the project."""
    meta = (REPOSITORY / "templates/meta/meta.codegen.schema.yaml").read_text()
    size = 1 << 20 | int(hashlib.sha256(version.encode()).hexdigest()[:4], 16)
    return {
        f"{COLLECTION}/desk.yaml": _AGENT.format(name="Desk", folder="desk", version=version),
        f"{COLLECTION}/more.yaml": _AGENT.format(name="Porter", folder="porter", version=version),
        f"{COLLECTION}/glue.yaml": _GLUE.format(version=version),
        f"{COLLECTION}/answers.yaml": _ANSWERS.format(size=size),
        f"{COLLECTION}/implementations/office/letters.py": _WEIGH.format(version=version, bad=BAD if edited else ""),
        f"{COLLECTION}/implementations/office/table.json": _TABLE.format(version=version),
        "templates/meta/meta.codegen.schema.yaml": f"# {version}\n{meta}",
    }


@dataclass
class Edits:
    """A project in which inputs are edited while a command runs; `wrong` is what did not hold."""

    root: Path
    chance: random.Random
    say: Callable[[str], None]
    wrong: list[str] = field(default_factory=list)
    _rounds: Iterator[int] = field(default_factory=itertools.count)
    _known: dict[str, bytes] = field(default_factory=lambda: {hashlib.sha256(b"").hexdigest(): b""})
    """Every file that was ever written here, by digest; one that is written in place is empty for a moment."""

    def __post_init__(self) -> None:
        for path in (*REPOSITORY.glob("Pulumi*.yaml"), REPOSITORY / "__main__.py"):
            shutil.copy(path, self.root / path.name)
        for path in (self.root / "Pulumi.yaml", self.root / "Pulumi.dev.yaml"):
            path.write_text(path.read_text().replace("input_schemas/claims_desk", COLLECTION))
        shutil.copytree(REPOSITORY / "templates" / "meta", self.root / "templates" / "meta")
        shutil.copytree(REPOSITORY / "templates" / "glue", self.root / "templates" / "glue")
        for path in (self.root / "templates").rglob("*.*"):
            self._known[hashlib.sha256(path.read_bytes()).hexdigest()] = path.read_bytes()
        self.project = Project(self.root)

    def run(self, command: str, moments: int, until: float) -> dict[str, Any]:
        """Edit, replace or delete one input at each of so many moments of a command; fewer where the time is over."""
        whole = self._whole(command)
        kinds = list(itertools.product(texts("", edited=True), _WAYS))
        self.chance.shuffle(kinds)
        before, codes, well = len(self.wrong), list[int](), 0
        for number in range(moments):
            if time.monotonic() > until:
                break
            file, way = kinds[number % len(kinds)]
            # Reading takes the first second, and what follows the rest: half of the moments are for either.
            after = self.chance.uniform(0.1, min(1.5, whole) if number % 2 else whole)
            code, again = self.moment(command, file, way, after)
            codes.append(code)
            well += again == 0
            if number % 10 == 9:
                self.say(f"{command}: {number + 1} edits, {len(self.wrong) - before} wrong")
        return {
            "moments": len(codes),
            "ended well": codes.count(0),
            "ended with a clear error": len(codes) - codes.count(0),
            "next runs that ended well": well,
            "next runs that told what the edit made wrong": len(codes) - well,
            "seconds of a whole run": round(whole, 1),
            "wrong": self.wrong[before:],
        }

    def close(self) -> None:
        """Take down what `l9 up` has deployed."""
        if self.project.run.is_dir():
            subprocess.run(
                [str(COMMAND), "down", "--all-stacks", "--purge", "--yes"],
                cwd=self.root,
                capture_output=True,
                timeout=300,
            )

    def begin(self) -> None:
        """Deploy the collection: with servers that run, gates start none, and a preview has something to compare."""
        self._write_all("at first")
        code, told = self._ended(self._start("up"))
        if code:
            self.wrong.append(f"the first up ended with {code}: {told[-600:]}")

    def _whole(self, command: str) -> float:
        self._write_all(f"before {command}")
        began = time.monotonic()
        code, told = self._ended(self._start(command))
        if code:
            self.wrong.append(f"{command} without an edit ended with {code}: {told[-600:]}")
        return time.monotonic() - began

    def moment(self, command: str, file: str, way: str, after: float | str) -> tuple[int, int]:
        """Run a command, edit a file after so many seconds, or as soon as it says something, and run it again.

        The exit codes of both: that of the second is 0 where it took up the edit, and 1 where it told what is wrong.
        """
        version = f"round {next(self._rounds)}"
        what = f"{command}, {version}: {way} {file} after {after if isinstance(after, str) else f'{after:.2f} s'}"
        self._write_all(version)
        process = self._start(command)
        began = time.monotonic()
        while process.poll() is None and not self._is_due(after, time.monotonic() - began):
            time.sleep(0.005)
        running = process.poll() is None
        self._edit(file, way, f"{version}, edited")
        code, told = self._ended(process)
        self._clear(what, code, told)
        if code == 0 and command != "preview":
            self._consistent(what, deployed=command == "up")
        # What lies there now is what the next run speaks of, or says to be wrong.
        code_after, told = self._ended(self._start("up" if command == "up" else "extract"))
        self._clear(f"{what}, then again", code_after, told)
        if code_after == 0:
            attested = self._consistent(f"{what}, then again", deployed=command == "up")
            now = self._digests()
            if {name: digest for name, digest in attested.items() if name in now} != now:
                self.wrong.append(f"{what}: the next run did not take it up")
        self.say(f"{what}{'' if running else ' (it had ended)'}: {code}, then {code_after}")
        return code, code_after

    def _is_due(self, after: float | str, seconds: float) -> bool:
        return after in self._said.read_text() if isinstance(after, str) else seconds >= after

    @property
    def _said(self) -> Path:
        return self.root / "said.log"

    def _clear(self, what: str, code: int, told: str) -> None:
        if "Traceback" in told or (code and not told.strip()) or code not in (0, 1):
            self.wrong.append(f"{what}: ended with {code}, and no clear error: {told[-800:]}")

    def _consistent(self, what: str, *, deployed: bool) -> dict[str, str]:
        """Attestation, report and tree name the same bytes; the digests of the collection's files and templates."""
        view = published_view(self.project, COLLECTION)
        if view is None:
            self.wrong.append(f"{what}: nothing was published")
            return {}
        folder = Path(view.folder)
        if not verify(folder, self.project).ok:
            self.wrong.append(f"{what}: {folder.name} is not as it was signed")
        predicate = json.loads(b64decode(json.loads((folder / "attestation.dsse.json").read_bytes())["payload"]))
        predicate = predicate["predicate"]
        every = {item["name"]: item["digest"]["sha256"] for item in predicate["inputs"]}
        inputs = {name: digest for name, digest in every.items() if not name.startswith("l9stack")}
        if strangers := [name for name, digest in inputs.items() if digest not in self._known]:
            self.wrong.append(f"{what}: attested bytes were never written: {strangers}")
            return inputs
        report = (folder / "evidence_report.md").read_text()
        own = {name: digest for name, digest in inputs.items() if not name.startswith("templates/")}
        if missing := [name for name, digest in own.items() if f"| `{name}` | `{digest}` |" not in report]:
            self.wrong.append(f"{what}: the report names other bytes of {missing}")
        if f"`{predicate['inputDigest']}`" not in report:
            self.wrong.append(f"{what}: the report names another digest of the inputs")
        if any(BAD.strip() in self._known[digest].decode() for digest in own.values()):
            self.wrong.append(f"{what}: what fails its gates is attested")
        tree, digest = self._rendered(inputs, with_settings=deployed)
        if (tree, digest) != (predicate["treeDigest"], predicate["inputDigest"]):
            self.wrong.append(f"{what}: the attested bytes render to another tree")
        if deployed:
            manifest = json.loads((self.project.deployment("dev") / "deployment_manifest.json").read_bytes())
            if manifest["tree_digest"] != predicate["treeDigest"]:
                self.wrong.append(f"{what}: another tree is deployed than is attested")
            release = json.loads((self.project.releases / manifest["release"] / "release.json").read_bytes())
            files = {name.removeprefix(f"collection/{COLLECTION}/"): sha for name, sha in release["files"].items()}
            if files != inputs:
                self.wrong.append(f"{what}: the release holds other bytes than are attested")
        return inputs

    def _rendered(self, inputs: dict[str, str], *, with_settings: bool) -> tuple[str, str]:
        """The digests of the tree that these bytes render to, in a project that knows nothing, and of the inputs."""
        base = self.root / ".chaos"
        shutil.rmtree(base, ignore_errors=True)
        for name, digest in inputs.items():
            below = "" if name.startswith("templates/") else f"{COLLECTION}/"
            file = base / f"{below}{name}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self._known[digest])
        sources = read_stack(self.root, "dev") if with_settings else None
        prepared = prepare(Inputs.read(Project(base), base / COLLECTION, None, sources.settings if sources else None))
        shutil.rmtree(base)
        return prepared.tree.digest, prepared.inputs.digest

    def _digests(self) -> dict[str, str]:
        """Of the inputs that an edit may have changed, as they are now."""
        files = {name: self.root / name for name in texts("", edited=True)}
        return {
            name.removeprefix(f"{COLLECTION}/"): hashlib.sha256(file.read_bytes()).hexdigest()
            for name, file in files.items()
            if file.is_file()
        }

    def _write_all(self, version: str) -> None:
        for name, text in texts(version, edited=False).items():
            self._write(self.root / name, text)

    def _write(self, file: Path, text: str) -> None:
        self._known[hashlib.sha256(text.encode()).hexdigest()] = text.encode()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def _edit(self, name: str, way: str, version: str) -> None:
        file, text = self.root / name, texts(version, edited=True)[name]
        if way == "delete":
            file.unlink()
        elif way == "write":
            self._write(file, text)
        else:
            self._write(self.root / "replacement", text)
            (self.root / "replacement").replace(file)

    def _start(self, command: str) -> subprocess.Popen[str]:
        named = [COLLECTION] if command == "extract" else []
        with self._said.open("w") as said:
            return subprocess.Popen(
                [str(COMMAND), command, *named],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                text=True,
                start_new_session=True,
            )

    def _ended(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        return process.wait(timeout=600), self._said.read_text()
