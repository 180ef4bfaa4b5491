"""Payloads in the place of scalars: whatever one says, what is rendered keeps its shapes, or the case is refused."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from unittest.mock import patch

from l9stack.errors import InputError
from l9stack.evidence.records import Provenance, RunResults, build_evidence
from l9stack.evidence.report import report
from l9stack.gates.locked_plan import locked_plan
from l9stack.inputs import Inputs
from l9stack.inputs.read import meta_templates
from l9stack.model.artifact import RenderedTree
from l9stack.model.evidence import TestCounts
from l9stack.model.plan import Plan
from l9stack.planning import drawing
from l9stack.planning.plan import make_plan
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.meta import read_meta
from l9stack.rendering.prompt import render_prompt
from l9stack.rendering.tree import render
from tests.hostile.leaves import Leaf, leaves
from tests.hostile.payloads import PAYLOADS
from tests.hostile.skeletons import BreakoutError, Shapes, mermaid, skeleton

HERE = Path(__file__).parent
DESK, META = HERE / "desk", HERE / "meta"
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))})
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?<!\.)\Z")
_PLAIN = re.compile(r"[^A-Za-z0-9 ,.;_-]")
TWINS = (
    "a; b; c; d, e; f; g; h.",
    "word",
    "'word'",
    "two words",
    "Words, and others - dashed; more or less.",
    "a much longer text of words " * 12,
    "",
    "7",
)
"""Harmless texts, whose lists, lengths and names a payload may have as well."""


@dataclass(frozen=True)
class Case:
    """One scalar of one file, and the text that takes its place."""

    file: str
    leaf: Leaf
    payload: str
    text: str

    @property
    def name(self) -> str:
        """How a failure is named, and how a single case is asked for."""
        return f"{self.file}:{self.leaf.path}={self.payload}"


@dataclass
class Bench:
    """A collection and its meta templates in a folder of their own, changed one scalar at a time."""

    folder: Path
    collection: Path = DESK
    meta: Path = META
    _known: dict[object, dict[str, Shapes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copytree(self.collection, self.folder / self.collection.name)
        shutil.copytree(self.meta, self.folder / "meta")
        self.here, self.templates = self.folder / self.collection.name, self.folder / "meta"
        self._changed: set[str] = set()
        self._read = read_meta(meta_templates(self.templates))
        self.files = {
            path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8")
            for base in (self.here, self.templates)
            for path in sorted(base.glob("*.yaml"))
        }
        self.plain = shapes(self.printed())
        """The shapes of the unchanged collection's files."""

    def cases(self) -> dict[str, list[Case]]:
        """The full product by payload: each in the place of each scalar, and (`+`) behind what a value said."""
        every = [(file, leaf) for file, whole in self.files.items() for leaf in leaves(whole)]
        found = {}
        for name, payload in PAYLOADS.items():
            found[name] = [Case(file, leaf, name, payload) for file, leaf in every]
            behind = [(file, leaf) for file, leaf in every if payload and not leaf.path.endswith("?")]
            found[f"+{name}"] = [Case(file, leaf, f"+{name}", leaf.text + payload) for file, leaf in behind]
        return found

    def printed(self) -> dict[str, str]:
        """Everything that is printed of the collection as it lies in the folder; InputError where it is refused."""
        changed = any(file.startswith("meta/") for file in self._changed)
        inputs = Inputs.read(Project(self.folder), self.here, str(self.templates))
        meta = read_meta(inputs.contents.meta) if changed else self._read
        plan = make_plan(read_collection(inputs), meta)
        # The formatter changes no shape, and takes most of the time.
        with patch("l9stack.rendering.tree.format_files", dict):
            tree = render(plan)
        return everything(plan, tree)

    def write(self, texts: Sequence[tuple[Case, str]]) -> None:
        """Write files in which other texts are in the place of scalars."""
        for file in {case.file for case, _ in texts}:
            whole = self.files[file]
            mine = [(case.leaf, text) for case, text in texts if case.file == file]
            for leaf, text in sorted(mine, key=lambda item: item[0].start, reverse=True):
                whole = leaf.replaced(whole, text)
            (self.folder / file).write_text(whole, encoding="utf-8")
            self._changed.add(file)

    def restore(self) -> None:
        """Make the files what they were."""
        while self._changed:
            file = self._changed.pop()
            (self.folder / file).write_text(self.files[file], encoding="utf-8")

    def with_(self, texts: Sequence[tuple[Case, str]]) -> dict[str, str]:
        """What is printed with other texts in the place of scalars."""
        self.write(texts)
        try:
            return self.printed()
        finally:
            self.restore()

    def run(self, cases: Sequence[Case]) -> dict[str, str] | InputError:
        """The outcome of cases at once, of which none breaks out.

        Raises:
            BreakoutError: where one may, or where the refusal has no place.
        """
        name = cases[0].name if len(cases) == 1 else f"{len(cases)} cases"
        try:
            files = self.with_([(case, case.text) for case in cases])
            self._check(cases, shapes(files))
        except InputError as error:
            lost = [problem for problem in error.problems if problem.level == "error" and problem.place is None]
            if lost or not error.problems:
                raise BreakoutError(f"{name}: refused without a place: {error}") from error
            return error
        except BreakoutError as error:
            raise BreakoutError(f"{name}: {error}") from error
        except Exception as error:
            raise BreakoutError(f"{name}: {type(error).__name__}: {error}") from error
        return files

    def _check(self, cases: Sequence[Case], found: Mapping[str, Shapes]) -> None:
        known = [self.plain]
        if not _beyond(found, known):
            return
        # In the same place a harmless text of the same words, lines and lists may have the same shapes.
        known.append(self._twin(cases, _harmless))
        for text in TWINS:
            if not (rest := _beyond(found, known)):
                return
            known.append(self._twin(cases, lambda case, text=text: text))
            known.append(self._twin(cases, lambda case, text=text: case.leaf.text + text))
        if rest := _beyond(found, known):
            raise BreakoutError(str(dict(list(rest.items())[:5])))

    def _twin(self, cases: Sequence[Case], text: Callable[[Case], str]) -> dict[str, Shapes]:
        said = tuple((case, text(case)) for case in cases)
        key = tuple((case.file, case.leaf.path, words) for case, words in said)
        if key not in self._known:
            try:
                self._known[key] = shapes(self.with_(said))
            except Exception:  # whatever is wrong with it, it shows no shape that is harmless
                self._known[key] = {}
        return self._known[key]


def _harmless(case: Case) -> str:
    """The case's text with letters for every sign that its payload has."""
    kept = case.leaf.text if case.payload.startswith("+") else ""
    return kept + _PLAIN.sub(lambda at: at[0] if at[0] == "\n" else "x", case.text[len(kept) :])


def shapes(files: Mapping[str, str]) -> dict[str, Shapes]:
    """The shapes of files; those whose paths are named by a schema count as one kind.

    Raises:
        BreakoutError: where a path leaves its folder, or a file is not of its format.
    """
    folded: set[str] = set()
    found: dict[str, Shapes] = {}
    for path, text in files.items():
        for part in path.split("/"):
            if not _PART.match(part) or part.split(".")[0].lower() in DEVICES:
                raise BreakoutError(f"path {path!r}")
        if path.lower() in folded:
            raise BreakoutError(f"path {path!r} is there twice, where case does not count")
        folded.add(path.lower())
        kind = f"{path.split('/')[0]}{PurePosixPath(path).suffix}"
        found[kind] = found.get(kind, Counter()) + (
            mermaid_shapes(text) if path.endswith(".mmd") else skeleton(path, text)
        )
    return found


def mermaid_shapes(text: str) -> Shapes:
    """The shapes of a picture that stands alone."""
    try:
        return mermaid(text)
    except ValueError as error:
        raise BreakoutError(str(error)) from error


def _beyond(found: Mapping[str, Shapes], known: list[dict[str, Shapes]]) -> Shapes:
    """Shapes of which there are more than in any of the known files."""
    rest: Shapes = Counter()
    for kind, counted in found.items():
        for shape, count in counted.items():
            if count > max((one.get(kind, Counter())[shape] for one in known), default=0):
                rest[f"{kind} {shape}"] = count
    return rest


def everything(plan: Plan, tree: RenderedTree) -> dict[str, str]:
    """All texts that are printed of a plan: the tree, the evidence report, the prompt, the picture of the graph."""
    evidence = build_evidence(
        plan,
        tree,
        RunResults(gates=(), tests={agent.id: TestCounts() for agent in plan.agents}, collection_tests=TestCounts()),
        Provenance(input_digest="", generator="l9stack", run_id="run", now=datetime(2026, 1, 2, tzinfo=UTC)),
        locked_plan(plan, tree),
    )
    return {
        **{artifact.path: artifact.text for artifact in tree.artifacts},
        "report.md": report(evidence, plan, {"agents.yaml": "0" * 64}),
        "prompt.md": render_prompt(plan, tree, plan.gates, meta=(), collection=()),
        "graph.mmd": drawing.as_mermaid(plan),
    }
