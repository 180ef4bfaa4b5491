"""A golden case: a folder that holds a collection, and beside it what is said and generated of it.

Below `cases/` each is of one topic; below `problems/` each is a collection that `l9 validate` has something to say of;
the others are whole collections.

    agents.yaml, glue.yaml, …   the collection; `meta/` holds meta templates that take the place of the shipped ones
    shown.txt                   globs of what the case is about, one a line: generated files, and what is told of them:
                                `problems.txt` by `l9 validate`, `graph.txt` by `l9 graph`; `files.txt` lists them
    expected/                   what is shown, word for word; below `problems/` that is `problems.txt` alone
    digests.txt                 the other generated files: of a small case a line for each kind of them, of a whole
                                collection one for each file, and the digest of the tree

`shown.txt` and the collection are written by people, the rest by `make regen` alone.
"""

from __future__ import annotations

import difflib
import io
import shutil
from collections import defaultdict
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from l9stack.cli.main import main
from l9stack.extraction.prepare import prepare
from l9stack.gates.lint import lint_findings
from l9stack.inputs import Inputs
from l9stack.model.artifact import RenderedTree, tree_digest
from l9stack.project import Project

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
META = REPOSITORY / "templates" / "meta"
PROBLEMS = "problems.txt"
_COMMANDS = {PROBLEMS: "validate", "graph.txt": "graph"}
"""What is printed by commands, by the file that shows it."""
_LIST = "files.txt"
_MOST_LINES = 60
"""Lines of a difference that are printed: the first of them say what has changed."""
_GROUPS = ("cases", "problems")


@dataclass(frozen=True, slots=True)
class Case:
    """One case, by its folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder below that of all goldens, as messages name it."""
        return self.folder.relative_to(HERE).as_posix()

    @property
    def source(self) -> Path:
        """The collection: the folder itself, the one file in it, or the example of that name."""
        example, single = REPOSITORY / "input_schemas" / self.folder.name, self.folder / "input.yaml"
        return next((path for path in (example, single) if path.exists()), self.folder)

    @property
    def shown(self) -> tuple[str, ...]:
        """Globs of the files that stand in full."""
        listed = self.folder / "shown.txt"
        return tuple(listed.read_text().split()) if listed.is_file() else ()

    @property
    def is_small(self) -> bool:
        """Whether it is of one topic, or of one problem."""
        return self.folder.parent != HERE

    @property
    def is_problem(self) -> bool:
        """Whether it is about what is said of a collection, and not about what is generated."""
        return self.folder.parent.name == "problems"

    def shows(self, path: str) -> bool:
        """Whether a file stands in full."""
        return any(fnmatchcase(path, glob) for glob in self.shown)


def whole_collections() -> list[Case]:
    """Collections that show many topics at once; mutants, real servers and more tests run on them."""
    folders = [path for path in HERE.iterdir() if path.is_dir() and path.name not in (*_GROUPS, "__pycache__")]
    return [Case(folder) for folder in sorted(folders)]


def small_cases() -> list[Case]:
    """Cases of one topic, and of one problem."""
    return [Case(folder) for group in _GROUPS for folder in sorted((HERE / group).iterdir()) if folder.is_dir()]


def outcome(case: Case, scratch: Path) -> dict[str, str]:
    """What is said and generated of a case now, by path below its folder; `scratch` is an empty folder."""
    meta = _meta(case, scratch)
    if case.is_problem:
        return {f"expected/{PROBLEMS}": printed("validate", case.source, scratch, meta)}
    tree = prepare(Inputs.read(Project(scratch), case.source, str(meta))).tree
    texts = {artifact.path: artifact.text for artifact in tree.artifacts}
    assert not (findings := linted(texts, scratch / "tree")), f"{case.name}: {findings}"
    if _LIST in case.shown:
        texts[_LIST] = "".join(f"{path}\n" for path in texts)
    for file, command in _COMMANDS.items():
        if file in case.shown:
            texts[file] = printed(command, case.source, scratch, meta)
    unused = [glob for glob in case.shown if not any(fnmatchcase(path, glob) for path in texts)]
    assert not unused, f"{case.name}: nothing is generated that is called {', '.join(unused)}"
    files = {f"expected/{path}": text for path, text in texts.items() if case.shows(path)}
    return {**files, "digests.txt": digests(case, tree)}


def linted(texts: Mapping[str, str], folder: Path) -> list[str]:
    """What the product's own linter finds in the generated modules and tests: nothing, or a template is wrong."""
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return [str(finding) for finding in lint_findings(folder)]


def printed(command: str, source: Path, project: Path, meta: Path) -> str:
    """What `l9 validate` or `l9 graph` says of a collection to a person."""
    text = io.StringIO()
    with redirect_stdout(text), redirect_stderr(text):
        main(["--project", str(project), command, str(source), "--meta", str(meta)])
    return text.getvalue().replace(str(REPOSITORY), "REPOSITORY")


def digests(case: Case, tree: RenderedTree) -> str:
    """What is not shown. Lines by kind say what a change was about, and are few enough for a hundred cases."""
    rest = {artifact.path: artifact.sha256 for artifact in tree.artifacts if not case.shows(artifact.path)}
    if not case.is_small:
        return "".join(f"{sha256}  {path}\n" for path, sha256 in rest.items()) + f"{tree.digest}\n"
    kinds: dict[str, dict[str, str]] = defaultdict(dict)
    for path, sha256 in rest.items():
        top = path.partition("/")[0] if "/" in path else "."
        kinds[f"{top}/*{Path(path).suffix}"][path] = sha256
    return "".join(f"{tree_digest(files.items())}  {kind}  {len(files)}\n" for kind, files in sorted(kinds.items()))


def agreed(case: Case) -> dict[str, str]:
    """What was agreed, by path below the case's folder."""
    found = [path for path in (case.folder / "expected").rglob("*") if path.is_file()]
    found += [path for path in [case.folder / "digests.txt"] if path.is_file()]
    return {path.relative_to(case.folder).as_posix(): path.read_bytes().decode() for path in found}


def write(case: Case, files: Mapping[str, str]) -> None:
    """Make this what is agreed; what was there before and is not generated any more is gone."""
    shutil.rmtree(case.folder / "expected", ignore_errors=True)
    (case.folder / "digests.txt").unlink(missing_ok=True)
    for path, text in files.items():
        (case.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (case.folder / path).write_bytes(text.encode())


def difference(case: Case, was: Mapping[str, str], now: Mapping[str, str]) -> str:
    """A short unified difference; empty where there is none."""
    lines: list[str] = []
    for path in sorted({*was, *now}):
        before, after = (files.get(path, "").splitlines() for files in (was, now))
        names = [f"{case.name}/{path}" if path in files else "/dev/null" for files in (was, now)]
        lines += difflib.unified_diff(before, after, *names, n=1, lineterm="")
        if was.get(path) != now.get(path) and before == after:
            lines.append(f"{case.name}/{path}: line ends differ, or it is there on one side only")
    more = len(lines) - _MOST_LINES
    return "\n".join(lines[:_MOST_LINES] + ([f"… {more} lines more"] if more > 0 else []))


def _meta(case: Case, scratch: Path) -> Path:
    """The meta templates: the shipped ones, with those of the case in their place."""
    own = case.folder / "meta"
    if not own.is_dir():
        return META
    folder = scratch / "meta"
    shutil.copytree(META, folder)
    shutil.copytree(own, folder, dirs_exist_ok=True)
    return folder
