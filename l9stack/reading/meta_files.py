"""A folder of meta templates while it is read: known sections, settings with their places, and what is not read."""

from __future__ import annotations

import difflib

from pydantic import JsonValue

from l9stack.errors import Place, Problem
from l9stack.inputs import InputFolder
from l9stack.reading.documents import Node, parse
from l9stack.reading.fields import TYPO_RATIO, Section
from l9stack.reading.glue import Places, SettingValues
from l9stack.reading.source_text import decode_text

FILES = (
    "meta.codegen.schema.yaml",
    "meta.extraction.sequence.yaml",
    "meta.validation.checklist.yaml",
    "meta.dependency.integration.yaml",
)
SHARED = "shared_configuration"
_TOP = {
    FILES[0]: (SHARED,),
    FILES[1]: ("sequence",),
    FILES[2]: ("gates",),
    FILES[3]: ("protocols", "integration_test"),
}
_ABOUT = (
    "created",
    "domain",
    "owner",
    "production_ready",
    "purpose",
    "system",
    "title",
    "type",
    "updated",
    "version",
)
"""What a template in the wild says of itself."""
_ELSEWHERE = ("integration_tests",)
"""Sections of templates in the wild whose names are near to ours, and which are no slips of the pen."""


class MetaReader:
    """Collects what the four files say."""

    def __init__(self, folder: InputFolder) -> None:
        self.folder = folder
        self.problems: list[Problem] = [*folder.faults]
        self.settings: SettingValues = {}
        self.places: Places = {}
        self.texts: dict[str, str] = {}
        self.unread: dict[str, dict[str, Place]] = {}

    def notes(self) -> tuple[Problem, ...]:
        """The remarks, with one for each file that has sections which set nothing."""
        told = [
            Problem(
                "not-read",
                f"described here, and without effect: {', '.join(places)}",
                next(iter(places.values())),
                f"read here: {', '.join(_TOP[file])}",
                "note",
            )
            for file, places in self.unread.items()
        ]
        return (*self.problems, *told)

    def sections(self, file: str) -> dict[str, Section]:
        """The known top-level mappings of all documents of a file, by key; the others are told."""
        source = self.folder.get(file)
        if source is None:
            hint, place = "`l9 doctor` says where the shipped templates lie", Place(f"{self.folder.shown}/{file}")
            self.problems.append(Problem("no-meta-template", f"{file} is missing", place, hint))
            return {}
        if source.fault:  # it is told with those of the whole folder
            return {}
        text = decode_text(source.data, file, self.problems)
        if text is None:
            return {}
        self.texts[file] = text.text
        documents, problems = parse(text.text, file)
        # One problem for a malformed file: what is said of its other documents is of no use until it is mended.
        self.problems.extend(problems[:1])
        found: dict[str, Section] = {}
        for document in documents:
            if document.root.entries is None and len(documents) == 1:
                hint = f"begin with `{_TOP[file][0]}:`"
                self.problems.append(Problem("not-a-mapping", "the file is no mapping", document.root.place, hint))
            for key, node in (document.root.entries or {}).items():
                if key in _TOP[file]:
                    found[key] = self._once(file, key, node, found)
                else:
                    self._unknown_top(file, key, document.root, whole=len(documents) == 1)
        return found

    def _once(self, file: str, key: str, node: Node, found: dict[str, Section]) -> Section:
        if key in found:
            message = f"`{key}` is given twice, first at {found[key].place}"
            self.problems.append(Problem("duplicate-key", message, node.place, "keep one of them"))
        return Section(node, key, self.problems, Place(file))

    def _unknown_top(self, file: str, key: str, root: Node, *, whole: bool) -> None:
        """A key that is not ours: a typo, or, in a file of one document, a mistake; else a section that is told."""
        place, known = root.keys[key], _TOP[file]
        near = difflib.get_close_matches(key, known, 1, TYPO_RATIO)
        if (near and key not in _ELSEWHERE) or whole:
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
            self.problems.append(Problem("unknown-field", f"{file}: unknown key `{key}`", place, hint))
        elif key not in _ABOUT:
            self.unread.setdefault(file, {})[key] = place

    def put(self, section: Section, names: dict[str, str], described: tuple[str, ...], *also: str) -> None:
        """Take the fields of a section into their canonical settings, and refuse what it has besides."""
        for field, canonical in names.items():
            value: JsonValue = section.value(field)
            if value is not None:
                self.settings[canonical], self.places[canonical] = value, section.places[field]
        for key in described:
            if section.child(key) is not None:
                self.unread.setdefault(FILES[0], {})[f"{section.where.removeprefix(f'{SHARED}.')}.{key}"] = (
                    section.places[key]
                )
        section.close((*names, *described, *also), strict=True)
