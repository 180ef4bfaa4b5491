"""Which documents of a text are agents: parts of one are put together, and what is none is told with the reason.

A document without a `system` of its own continues the agent before it. Each fence of Markdown is a text by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from l9stack.errors import Problem
from l9stack.names import name_key
from l9stack.reading.documents import Document, MalformedDocument, Node
from l9stack.reading.fields import quote
from l9stack.reading.glue import is_glue
from l9stack.reading.vocabulary import IDENTITY

_NAMES = tuple(field.name for field in IDENTITY)
_SECTIONS = ("cursorinstructions", "governance", "deployment")
_ENOUGH = 3
"""So many of the five names of an identity make an agent, however wrong the rest; fewer are another kind of schema."""
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]{1,80}\]|<[A-Za-z][^<>\n]{0,80}>|\{\{.{1,80}?\}\}")
_SHOWN_KEYS = 5
NEAR = "not an agent: it has "
"""How a remark on a mapping begins that has some of what an agent has, or other keys."""


@dataclass(slots=True)
class _Candidate:
    """What may be an agent: its documents so far, and what was wrong in putting them together.

    A document of a broken one cannot be read: to check the rest of it would call missing what is not.
    """

    root: Node
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False


@dataclass(slots=True)
class SortedDocuments:
    """The documents of a text by what they are; `others` says of each of the rest why it is not read."""

    agents: list[Node] = field(default_factory=list)
    glue: list[Node] = field(default_factory=list)
    others: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def sort_documents(found: Iterable[Document | MalformedDocument]) -> SortedDocuments:
    """Sort the documents of one text, in their order."""
    done = SortedDocuments()
    current: _Candidate | None = None
    orphans = False
    for item in found:
        if isinstance(item, MalformedDocument):
            done.problems.append(item.problem)
            if item.begins or current is None:
                _finish(current, done)
                current, orphans = None, True
            else:
                current.broken = True
        elif is_glue(item.root, alone=current is None and not orphans) and _under(item.root, "system") is None:
            done.glue.append(item.root)
        elif _begins(item.root, current):
            _finish(current, done)
            current, orphans = _Candidate(item.root), False
        elif current is not None and item.root.entries is not None:
            _merge(current.root, item.root, current)
        elif orphans:
            # What belongs to a document that cannot be read is told once, with the first of it.
            current, orphans = _Candidate(item.root, broken=True), False
        else:
            _finish(_Candidate(item.root), done)
    _finish(current, done)
    return done


def _begins(root: Node, current: _Candidate | None) -> bool:
    """Whether a document begins an agent of its own."""
    keys = {name_key(key) for key in root.entries or {}}
    if "system" not in keys:
        # An agent that has all but its `system`: to take it for more of the one before would hide what is wrong.
        whole = len(keys.intersection(_NAMES)) == len(_NAMES) - 1
        return whole and (current is None or "rootpath" in _identity(current.root))
    if current is None or len(keys.intersection(_NAMES)) > 1:
        return True
    before, again = _under(current.root, "system"), _under(root, "system")
    return before is None or again is None or before.plain() != again.plain()


def _identity(root: Node) -> dict[str, Node]:
    """The names of an identity that a document has, at its top or below `system`."""
    system = _under(root, "system")
    nested = system.entries if system is not None and system.entries is not None else {}
    found = {name_key(key): node for key, node in [*(root.entries or {}).items(), *nested.items()]}
    return {name: found[name] for name in _NAMES if name in found and not found[name].empty}


def _under(root: Node, name: str) -> Node | None:
    return next((node for key, node in (root.entries or {}).items() if name_key(key) == name), None)


def _finish(candidate: _Candidate | None, done: SortedDocuments) -> None:
    if candidate is None:
        return
    if candidate.broken:
        message = "not checked: a document that belongs to it cannot be read"
        done.others.append(Problem("not-checked", message, candidate.root.place, level="note"))
        return
    why = why_no_agent(candidate.root)
    if why is None:
        done.agents.append(candidate.root)
        done.problems.extend(candidate.problems)
    elif hint := _misplaced(candidate.root):
        done.problems.append(Problem("misplaced-agent", f"not an agent: {why}", candidate.root.place, hint))
    else:
        done.others.append(Problem("not-an-agent", f"not an agent: {why}", candidate.root.place, level="note"))


def why_no_agent(root: Node) -> str | None:
    """Why a document is no agent, or None where it is one, right or wrong."""
    if root.entries is None:
        return f"it is a {root.kind}" if root.items is not None else f"it is the text {quote(root.text)}"
    identity = _identity(root)
    for name, node in identity.items():
        text = f"[{node.items[0].text}]" if node.items and len(node.items) == 1 else node.text
        # Prose may speak of [a] or <b>; a template has nothing else there, or has it in a path.
        if placeholder := (_PLACEHOLDER.search if name == "rootpath" else _PLACEHOLDER.fullmatch)(text.strip()):
            return f"it is a template, its `{name}` has the placeholder {placeholder[0]}"
    sections = [name for name in _SECTIONS if _under(root, name) is not None]
    if len(identity) >= _ENOUGH or (identity and "cursorinstructions" in sections):
        return None
    missing = ", ".join(name for name in (*_NAMES, *_SECTIONS) if name not in (*identity, *sections))
    has = [*identity, *sections] or [quote(key) for key in list(root.entries)[:_SHOWN_KEYS]]
    more = " and more" if not identity and not sections and len(root.entries) > _SHOWN_KEYS else ""
    return f"it has {', '.join(has) or 'nothing'}{more}, but no {missing}"


def _misplaced(root: Node) -> str:
    """A hint where agents lie one level too deep: in a list, or below a key."""
    inner = [*(root.items or ()), *(root.entries or {}).values()]
    for node in inner:
        if any(len(_identity(one)) > _ENOUGH and not why_no_agent(one) for one in (node, *(node.items or ())[:1])):
            return f"an agent begins at line {node.place.line}; write it at the top level, with `---` before each agent"
    return ""


def _merge(into: Node, more: Node, candidate: _Candidate, path: str = "") -> None:
    """Add a document to the agent that it continues; a key with another value than before is an error."""
    entries = into.entries if into.entries is not None else {}
    for key, node in (more.entries or {}).items():
        known, name = entries.get(key), f"{path}{key}"
        if known is None or known.empty:
            entries[key], into.keys[key] = node, more.keys[key]
        elif known.entries is not None and node.entries is not None:
            _merge(known, node, candidate, f"{name}.")
        elif known.plain() == node.plain():
            message = f"{name} is given again, with the same value as at line {into.keys[key].line}"
            candidate.problems.append(Problem("repeated", message, more.keys[key], level="note"))
        elif not node.empty:
            message = f"{name} is given twice with two values, first at line {into.keys[key].line}"
            hint = "keep one of them; a document without `system` continues the agent before it"
            candidate.problems.append(Problem("two-values", message, more.keys[key], hint))
