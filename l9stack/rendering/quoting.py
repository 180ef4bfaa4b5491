"""The only way from a schema's text into a source file: one function per format; nothing leaves its quotes.

Characters that an editor shows as something else (controls, direction marks, line separators) are escaped where the
format can, and dropped where it cannot. Formats that people read, as Markdown, are in `l9stack.printable`.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence, Set
from typing import Any

from l9stack.printable import line

WIDTH = 116
LITERAL = 80
"""Characters of one literal; a longer text is printed in parts, so that no line grows past the limit of the linter."""
REPEATED = 12
"""A longer run of one character is printed as a product: nobody counts it."""
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def python(value: Any, width: int = LITERAL) -> str:
    """A Python literal; mappings are sorted only where they are sets, so that declared order stays.

    A text of more than `width` characters is printed in parts: more than `LITERAL` where little stands before it.
    """
    if isinstance(value, str):
        if len(value) > REPEATED and len(set(value)) == 1:
            return f"{value[0]!r} * {len(value)}"
        # repr escapes what is not printable, so also \u2028, direction marks and lone surrogates.
        literal = repr(str(value))
        return literal if len(literal) - 2 <= width else _parts(str(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} has no literal")
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{python(key)}: {python(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(python(item) for item in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, Set):
        return "{" + ", ".join(sorted(python(item) for item in value)) + "}" if value else "set()"
    if isinstance(value, Sequence):
        return "[" + ", ".join(python(item) for item in value) + "]"
    raise TypeError(f"no literal for {type(value).__name__}")


def _parts(text: str) -> str:
    """A long text as literals that Python joins, broken behind blanks where there are any."""
    parts: list[str] = []
    while len(text) > LITERAL:
        cut = text.rfind(" ", 1, LITERAL) + 1 or LITERAL
        parts.append(text[:cut])
        text = text[cut:]
    return "(" + "\n".join(repr(part) for part in (*parts, text) if part) + ")"


def docstring(text: str, indent: int = 0) -> str:
    """A whole docstring with its quotes, wrapped, for a block that is indented by `indent` blanks."""
    flat = line(text).replace("\\", "\\\\").replace('"', "'")
    if len(flat) + indent + 6 <= WIDTH + 4:
        return f'"""{flat}"""'
    pad = " " * indent
    # The first line is a sentence of its own; where it is too long for that, what stands before its colon.
    heads = (flat.partition(mark) for mark in (". ", ": "))
    found = next(((head, rest) for head, _, rest in heads if rest and len(head) + indent + 4 <= WIDTH), None)
    whole = [f"{found[0]}.", "", found[1][:1].upper() + found[1][1:]] if found else [flat]
    lines: list[str] = []
    for part in whole:
        lines.extend(textwrap.wrap(part, WIDTH - indent, break_long_words=True, break_on_hyphens=False) or [""])
    return (
        '"""'
        + "\n".join(f"{pad}{item}".rstrip() if number else item for number, item in enumerate(lines))
        + f'\n{pad}"""'
    )


def comment(text: str) -> str:
    """Text for behind a `#`, on one line."""
    return line(text)


def _double_quoted(text: str) -> str:
    quoted = []
    for char in text:
        code = ord(char)
        if char in '"\\':
            quoted.append(f"\\{char}")
        elif 0xD800 <= code <= 0xDFFF:
            quoted.append("\\uFFFD")
        elif unicodedata.category(char)[0] in "CZ" and char != " ":
            quoted.append(f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}")
        else:
            quoted.append(char)
    return '"' + "".join(quoted) + '"'


def yaml(value: Any) -> str:
    """A YAML flow scalar or list; text is always double-quoted."""
    if isinstance(value, str):
        return _double_quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_key(str(key))}: {yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(yaml(item) for item in value) + "]"
    return json.dumps(value)


def yaml_key(text: str) -> str:
    """A key: plain where that cannot be read as anything else."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) and text.lower() not in _YAML_WORDS
    return text if plain else _double_quoted(text)


def shell(text: str) -> str:
    """One word of a POSIX shell command."""
    return shlex.quote(line(text))


def json_text(value: Any) -> str:
    """JSON with sorted keys, for a file of its own."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False)
