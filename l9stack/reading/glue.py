"""Glue and answers: wirings, module mappings, operation bindings, harmonised settings."""

from __future__ import annotations

from pydantic import JsonValue

from l9stack.errors import InputError, Place, Problem
from l9stack.inputs import InputFolder
from l9stack.model.glue import Answers, ConnectionType, Glue, Wiring
from l9stack.names import name_key
from l9stack.reading.bindings import read_bindings
from l9stack.reading.documents import Node, parse
from l9stack.reading.fields import Section
from l9stack.reading.glue_words import ANSWERS, GLUE, HARMONISED, MARKS, NAMED_BY, WIRING
from l9stack.reading.module_mappings import read_mappings, read_rules
from l9stack.reading.source_text import decode_text
from l9stack.reading.word import Word

DEFAULT = "L9_Universal_Schema_Extractor_Glue_v6.yaml"
"""The file of `templates/glue/` that is read where a collection has no glue of its own."""
_WORDS = frozenset(name_key(word.name) for word in GLUE.fields)
_ACTING = frozenset(name_key(word.name) for word in GLUE.fields if not word.descriptive)
SettingValues = dict[str, JsonValue]
Places = dict[str, Place]


def is_glue(node: Node, *, alone: bool) -> bool:
    """Whether a document is glue: it has a key of one of the dialects and no identity of an agent.

    One that is `alone` continues no agent: it is glue as well where all its keys are glue's words, and one acts.
    """
    entries = node.entries or {}
    names = {name_key(key) for key in entries}
    marked = bool(MARKS & entries.keys()) and "rootpath" not in entries
    return marked or (alone and names <= _WORDS and not names.isdisjoint(_ACTING))


def read_glue(node: Node, file: str, problems: list[Problem]) -> Glue:
    """A glue document of either dialect."""
    top = Section(node, "glue", problems, node.place)
    settings: SettingValues = {}
    places: Places = {}
    for word in HARMONISED:
        _harmonised(top.section(word.name), word, settings, places)
    read_settings(top.section("settings"), settings, places)
    glue = Glue(
        file=file,
        wirings=_wirings(top),
        mappings=read_mappings(top),
        bindings=read_bindings(top),
        settings=settings,
        settings_places=places,
        rules=read_rules(top, "enforcement"),
        quality_gates=read_rules(top, "quality_gates"),
    )
    _pass_over(top, GLUE)
    top.close(GLUE.names, strict=GLUE.closed)
    return glue


def read_answers(node: Node, file: str, problems: list[Problem]) -> Answers:
    """An `answers.yaml`: `operations:` and `settings:`."""
    top = Section(node, "answers", problems, node.place)
    settings: SettingValues = {}
    places: Places = {}
    read_settings(top.section("settings"), settings, places)
    answers = Answers(file=file, bindings=read_bindings(top), settings=settings, settings_places=places)
    top.close(ANSWERS.names, strict=ANSWERS.closed)
    return answers


def read_settings(section: Section, settings: SettingValues, places: Places) -> None:
    """Settings by dotted name; `governance: {anchors: []}` and `governance.anchors: []` are the same."""

    def take(node: Node, prefix: str) -> None:
        if node.entries is not None:
            for key, child in node.entries.items():
                take(child, f"{prefix}.{key}" if prefix else key)
        else:
            settings[prefix] = node.plain()
            places[prefix] = node.place

    for key, node in section.rest().items():
        take(node, key)
        section.used.add(key)


def _harmonised(section: Section, words: Word, settings: SettingValues, places: Places) -> None:
    """A section of the wired dialect, into the settings that its words stand for."""
    for word in words.fields:
        if word.fields:
            _harmonised(section.section(word.name), word, settings, places)
        elif word.setting:
            value: JsonValue = section.value(word.name)
            if value is not None:
                settings[word.setting], places[word.setting] = value, section.places[word.name]
        elif section.child(word.name) is not None:
            message = f"{section.where}.{word.name} describes, and sets nothing"
            section.note("not-read", message, section.places[word.name])
    section.close(words.names, strict=words.closed)


def _pass_over(section: Section, words: Word) -> None:
    """Look at what only describes, so that its spelling is noted as that of any other word."""
    for word in words.fields:
        if word.descriptive:
            section.child(word.name)


def _wirings(top: Section) -> tuple[Wiring, ...]:
    child = top.child("wirings")
    if child is not None and child.items is None and not (child.kind == "scalar" and child.value is None):
        top.error("not-a-list", "wirings has to be a list", child.place)
    wirings = []
    for item in (child.items or []) if child is not None else []:
        entry = Section(item, "wiring", top.problems, item.place)
        source, target = entry.text("from_agent", required=True), entry.text("to_agent", required=True)
        kind = entry.text("connection_type", required=True) and entry.choice("connection_type", ConnectionType, "")
        names = {name: entry.texts(name) for name in NAMED_BY.values()}
        path = entry.text("import_path")
        _pass_over(entry, WIRING)
        entry.close(WIRING.names, strict=WIRING.closed)
        for name in (
            name for name, texts in names.items() if texts and kind and name != NAMED_BY[ConnectionType(kind)]
        ):
            message = f"{entry.where}: {name} says nothing for {kind}"
            entry.error("wrong-names", message, entry.places[name], f"name them under {NAMED_BY[ConnectionType(kind)]}")
        if source and target and kind:
            wirings.append(
                Wiring(
                    from_agent=source,
                    to_agent=target,
                    connection_type=ConnectionType(kind),
                    import_path=path,
                    names=names[NAMED_BY[ConnectionType(kind)]],
                    place=item.place,
                )
            )
    return tuple(wirings)


def read_default_glue(folder: InputFolder) -> tuple[Glue, tuple[Problem, ...]]:
    """The glue of a project's templates, for collections that have none of their own; empty where the file is absent.

    Returns it with the notes on it.

    Raises:
        InputError: with every problem of the file.
    """
    file, problems = folder.get(DEFAULT), list[Problem]()
    if folder.faults:
        raise InputError(folder.faults)
    if file is None:
        return Glue(), ()
    text = decode_text(file.data, DEFAULT, problems)
    documents, found = parse(text.text, DEFAULT) if text else ([], [])
    problems.extend(found)
    glue = Glue()
    for document in documents:
        glue = join_glue(glue, read_glue(document.root, DEFAULT, problems))
    if any(problem.level == "error" for problem in problems):
        raise InputError(problem for problem in problems if problem.level == "error")
    return glue, tuple(problems)


def join_glue(first: Glue, second: Glue) -> Glue:
    """Two glue documents as one; where both set a setting, the second wins."""
    if not first.file:
        return second
    names = list(dict.fromkeys((first.file, second.file)))
    return Glue(
        file=", ".join(names),
        wirings=first.wirings + second.wirings,
        mappings=first.mappings + second.mappings,
        bindings=first.bindings + second.bindings,
        settings={**first.settings, **second.settings},
        settings_places={**first.settings_places, **second.settings_places},
        rules=first.rules + second.rules,
        quality_gates=first.quality_gates + second.quality_gates,
    )
