"""Texts of others as people read them: on a terminal, in Markdown, in a Mermaid picture.

A text stays a text: no character of it is markup, starts a line of its own, or is shown as something else (controls,
direction marks, line separators). Source formats have their quoting in `l9stack.rendering.quoting`.
"""

from __future__ import annotations

import re
import unicodedata

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_ADDRESS = re.compile(r"\b(?:(https?|ftp|mailto|xmpp)(:)|(www)(\.))", re.IGNORECASE)
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def line(text: str) -> str:
    """The text on one line: white space of any kind becomes a blank, invisible characters go."""
    if text.isprintable():  # all that is neither invisible nor white space, but the blank
        return " ".join(text.split())
    visible = "".join(char for char in text if char.isspace() or unicodedata.category(char) not in _UNSEEN)
    flat = " ".join(visible.split())
    return "".join(char for char in flat if unicodedata.category(char) not in _UNSEEN)


def terminal(text: str) -> str:
    """The text for a terminal: its lines stay, and what a terminal would obey or hide is shown as an escape."""
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if char not in "\n\t" and unicodedata.category(char) in _UNSEEN
        else char
        for char in text
    )


def markdown(text: str) -> str:
    """Markdown prose: no character of the text is markup."""
    flat = _MARKDOWN.sub(lambda found: _ENTITIES.get(found[1], f"\\{found[1]}"), line(text))
    # Names such as claim_id read better plain, and an underscore between letters is no emphasis.
    flat = re.sub(r"(?<=[^\W_])\\_(?=[^\W_])", "_", flat)
    # Addresses are not made into links by readers that look for them; lines are no lists, rules or underlines.
    flat = _ADDRESS.sub(lambda found: f"{found[1] or found[3]}\\{found[2] or found[4]}", flat)
    return re.sub(r"^(\d*)([-+=]+|[.)])(?=\s|$)", r"\1\\\2", flat)


def markdown_code(text: str) -> str:
    """Inline code, with a longer fence than any run of backticks inside; not for table cells."""
    flat = line(text)
    if not flat:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {flat} {fence}" if longest else f"`{flat}`"


def table_code(text: str) -> str:
    """Inline code for a table cell: readers split cells before they look for code, so `|` is escaped.

    A backslash before a pipe has no form that all readers take for one cell; such a text is printed as prose.
    """
    flat = line(text)
    return markdown(flat) if "\\|" in flat else markdown_code(flat).replace("|", "\\|")


def mermaid(text: str) -> str:
    """Text that cannot end a Mermaid label: only harmless characters stay."""
    kept = "".join(char if char.isalnum() or char in " _-.,/*:" else " " for char in line(text))
    return " ".join(kept.split())
