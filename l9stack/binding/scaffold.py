"""The files of a new binding: worked out first, then written one after another, and never over one that is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from l9stack.binding.answers import Edit, add_implementation
from l9stack.binding.target import TESTS, BindingTarget, choose_target
from l9stack.errors import InputError, Place, Problem
from l9stack.files import contained_path, write_file
from l9stack.inputs import Inputs
from l9stack.inputs.names import IMPLEMENTATIONS
from l9stack.model.collection import Collection
from l9stack.model.plan import Plan
from l9stack.names import name_key
from l9stack.planning.graph import Directory
from l9stack.rendering.implementations import render_implementation


@dataclass(frozen=True, slots=True)
class Scaffold:
    """What a binding writes: new files by path, and the edit of the answers."""

    chosen: BindingTarget
    function: Path
    test: Path
    files: dict[Path, str]
    edit: Edit

    def write(self) -> None:
        """Write it all, or nothing; the answers come last, so that nothing is bound to what is not there.

        Raises:
            InputError: a file cannot be written, or the answers are not what was read.
        """
        written: list[Path] = []
        answers = self.edit.file.resolve()
        now = answers.read_bytes() if answers.is_file() else None
        if now != self.edit.before:
            message = f"{answers.name} was changed meanwhile, and nothing was bound"
            raise InputError([Problem("changed-meanwhile", message, Place(answers.name), "run it again")])
        try:
            for path, text in self.files.items():
                written.append(path)
                write_file(path, text.encode())
            mode = answers.stat().st_mode & 0o777 if answers.exists() else 0o644
            write_file(answers, self.edit.data, mode)
        except OSError as error:
            for path in written:
                path.unlink(missing_ok=True)
            place = Place(str(error.filename or written[-1]))
            raise InputError([Problem("not-written", f"nothing was bound: {error.strerror}", place)]) from error


def scaffold(inputs: Inputs, collection: Collection, plan: Plan, text: str) -> Scaffold:
    """Work out what binds the operation `text` (`agent.operation`) of a collection that was read.

    Raises:
        InputError: there is no such operation, it is bound, or a file of that name is there.
    """
    chosen = choose_target(collection, plan, text)
    base = inputs.root
    function = _new(base, f"{IMPLEMENTATIONS}/{chosen.package}/{chosen.module}.py")
    test = _new(base, f"{IMPLEMENTATIONS}/{TESTS}/test_{chosen.module}.py")
    texts = render_implementation(chosen.agent, chosen.operation, f"{chosen.package}.{chosen.module}")
    files = {function: texts["function"], test: texts["test"]}
    # Only where they are not there: a user's own package and settings of tests stay as they are.
    for beside, name in ((function.parent / "__init__.py", "package"), (test.parent / "conftest.py", "conftest")):
        if not beside.exists() and (name == "conftest" or not beside.parent.exists()):
            files[beside] = texts[name]
    directory = Directory(collection.agents)

    def is_it(key: str) -> bool:
        agent, _, operation = key.rpartition(".")
        return directory.find(agent) == (chosen.agent.id,) and name_key(operation) == name_key(chosen.operation.name)

    answers = next((file.data for file in inputs.contents.schemas if file.name == inputs.answers_file), None)
    edit = add_implementation(base / inputs.answers_file, answers, chosen.name, chosen.target, is_it)
    return Scaffold(chosen, function, test, files, edit)


def _new(base: Path, relative: str) -> Path:
    path = contained_path(base, relative)
    if path.exists():
        hint = f"bind the operation to it in answers.yaml, or move it away; nothing is written over {path.name}"
        raise InputError([Problem("file-exists", f"{relative} is there already", Place(relative), hint)])
    return path
