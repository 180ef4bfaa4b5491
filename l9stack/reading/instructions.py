"""The `cursorinstructions` section: which modules and documents are generated, and what others wrote."""

from __future__ import annotations

import re

from l9stack.names import ModulePath, is_document_name, is_folder_path, module_path
from l9stack.reading.fields import Section, quote
from l9stack.reading.vocabulary import LINK_MODES


def read_files(section: Section, root: str, agent: str) -> tuple[ModulePath, ...]:
    """`generatefiles` relative to the root path: modules, each once, that Python can import side by side."""
    files: dict[str, ModulePath] = {}
    written = section.texts("generatefiles")
    folders = {folder for text in written for folder in _folders(text.removeprefix(f"{root}/") if root else text)}
    for number, text in enumerate(written):
        place = section.places.get(f"generatefiles.{number}")
        inner = text.removeprefix(f"{root}/") if root else text
        path = module_path(inner)
        if path is None:
            message = f"generatefiles: {quote(text)} is not a module below {root or 'the rootpath'}"
            section.error("bad-file", message, place, _repaired(inner))
        elif path.casefold() in files:
            twice = (
                "is listed twice" if path in files.values() else f"differs from {files[path.casefold()]!r} only in case"
            )
            section.error("duplicate-file", f"generatefiles: {quote(text)} {twice}", place, "keep one of them")
        elif inner == text and "/" in text and root and text.split("/")[0] == root.split("/")[0]:
            message = f"generatefiles: {quote(text)} lies outside rootpath {root}"
            section.error("outside-rootpath", message, place, "list it with the agent that it belongs to")
        elif path.removesuffix(".py") in folders:
            message = f"generatefiles: {quote(text)} is hidden by the folder of that name"
            section.error("hidden-file", message, place, f"did you mean `{path.removesuffix('.py')}/__init__.py`?")
        else:
            files[path.casefold()] = path
    if not written:
        hint = section.missing("generatefiles") if section.node else "list the modules"
        section.error("missing-field", f"{agent}: cursorinstructions.generatefiles is missing", None, hint)
    return tuple(files.values())


def _folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(min(len(parts), 20))]


def read_documents(section: Section) -> tuple[str, ...]:
    """`generatedocs`: Markdown files, each once."""
    docs: dict[str, str] = {}
    for number, text in enumerate(section.texts("generatedocs")):
        place = section.places.get(f"generatedocs.{number}")
        if not is_document_name(text):
            better = f"{text.rsplit('.', 1)[0] if '.' in text else text}.md"
            hint = f"did you mean `{better}`?" if is_document_name(better) else "write it as `README.md`"
            section.error("bad-document", f"generatedocs: {quote(text)} is no document name", place, hint)
        elif text.casefold() in docs:
            message = f"generatedocs: {quote(text)} is listed twice"
            section.error("duplicate-document", message, place, "keep one of them")
        else:
            docs[text.casefold()] = text
    return tuple(docs.values())


def read_links(section: Section) -> tuple[tuple[str, ...], bool]:
    """`linkexisting`: the paths, and whether they have to exist (`linkexisting_mode: require`)."""
    links = section.texts("linkexisting")
    required = section.choice("linkexisting_mode", LINK_MODES, LINK_MODES[0]) == "require"
    for number, text in enumerate(links):
        place = section.places.get(f"linkexisting.{number}", section.places.get("linkexisting"))
        if text in LINK_MODES:
            hint = f"list the modules there, and write `linkexisting_mode: {text}` beside it"
            section.error("bad-link", f"linkexisting: {quote(text)} names nothing that exists", place, hint)
        elif text.startswith("/") or ".." in text.split("/"):
            message = f"linkexisting: {quote(text)} leaves the import root"
            hint = "write it as `L9/core/governance.py`, `L9/core` or `L9/agents/adapters/*`"
            section.error("bad-link", message, place, hint)
    return links, required


def root_hint(written: str) -> str:
    """A root path that may be meant by one that cannot be imported."""
    better = _plain(written)
    return (
        f"did you mean `{better}`?" if is_folder_path(better) and ".." not in written else "write it as `L9/agents/x`"
    )


def _repaired(written: str) -> str:
    better = _plain(written.removesuffix(".py")) + ".py"
    if module_path(better) and ".." not in written and not written.startswith("/") and len(written) < 200:
        return f"did you mean `{better}`?"
    return "write it as `core/name.py`, relative to rootpath"


def _plain(path: str) -> str:
    """The path without `./` and needless slashes, with `_` for what an identifier cannot hold."""
    return re.sub(
        r"/{2,}", "/", re.sub(r"[^A-Za-z0-9_/]+", "_", path.replace("\\", "/").removeprefix("./").strip("/ "))
    )
