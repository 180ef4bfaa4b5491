"""What a generated file is beside its texts: the counted shapes of its statements, blocks, keys and words.

A text that stays a text changes no shape. Two files with the same shapes may differ in what their literals say, in the
names that are made of a schema's names, and in how long their lists are; never in what they do.
"""

from __future__ import annotations

import ast
import builtins
import functools
import io
import json
import re
import tokenize
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

_KEPT = frozenset(dir(builtins)) | {"l9stack", "os", "sys", "subprocess", "importlib", "pathlib", "l9_canary"}
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_ADDRESS = re.compile(r"\b(?:(?:https?|ftp)://|mailto:|xmpp:|www\.)\S", re.IGNORECASE)
"""What readers of Markdown make into links by themselves; in code, or with an escape in it, they do not."""
_QUOTED = re.compile(r"(?:'[^']*'|\"'\")+")
_WORD = re.compile(r"(?:\"\$ENDPOINT\"|[A-Z][A-Z0-9_]*=)?[A-Za-z0-9_./:%~+-]*\)?")
_MERMAID = (
    re.compile(r"flowchart LR"),
    re.compile(r"(?:me|n\d+)(?:\[\(?\"[^\"<>&#;`%{}\[\]()|]+\"\)?\]|\(\[\"[^\"<>&#;`%{}\[\]()|]+\"\]\))"),
    re.compile(r"(?:me|n\d+) (?:==>|-\.->|---|-->)(?:\|\"[^\"<>&#;`%{}\[\]()|]+\"\|)? (?:me|n\d+)"),
)
_NAMED = frozenset(
    {
        "nodes",
        "edges",
        "factors",
        "packet_types",
        "events",
        "validation",
        "feature_flags",
        "send",
        "assign",
        "required",
        "optional",
        "carries",
    }
)
"""Mappings of data whose keys are a schema's names."""
Shapes = Counter[str]


class BreakoutError(AssertionError):
    """A text has become something else."""


@functools.lru_cache(4096)
def skeleton(path: str, text: str) -> Shapes:
    """The shapes of a file.

    Raises:
        BreakoutError: where the file is not of its format, or has characters that nobody sees.
    """
    hidden = {f"U+{ord(char):04X}" for char in text if char != "\n" and unicodedata.category(char)[0] == "C"}
    hidden |= {f"U+{ord(char):04X}" for char in text if char in "\u2028\u2029"}
    if hidden:
        raise BreakoutError(f"{path}: {', '.join(sorted(hidden))}")
    try:
        match path.rpartition(".")[2]:
            case "py":
                return _python(text)
            case "md":
                return _markdown(text)
            case "json":
                return _data(json.loads(text, object_pairs_hook=_unique))
            case "yaml" | "yml":
                return _data(yaml.safe_load(text))
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        raise BreakoutError(f"{path}: {error}") from error
    raise BreakoutError(f"{path}: no known format")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


# -- Python ------------------------------------------------------------------------------------------------------------


def _python(text: str) -> Shapes:
    tree = ast.parse(text)
    compile(tree, "generated", "exec", dont_inherit=True)  # a parameter that is named twice parses, and compiles not
    found = Counter(f"{'/'.join(above)}: {shape}" for above, shape in _statements(tree.body, ()))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found[f"comment {token.string}"] += 1
        if token.type == tokenize.NAME and not token.string.isascii():
            raise ValueError(f"name {token.string!r}")
    return found


def _statements(body: list[ast.stmt], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for node in body:
        kind = type(node).__name__
        if isinstance(node, ast.ImportFrom | ast.Import):
            # What is imported may follow from a schema (an implementation's module); it is checked where it is run.
            yield above, f"{kind} {'' if isinstance(node, ast.Import) else (node.module or '').split('.')[0]}"
            continue
        headers = [
            _shape(value)
            for name, value in ast.iter_fields(node)
            if name not in ("body", "orelse", "finalbody", "handlers", "cases", "type_params", "type_comment")
        ]
        yield above, f"{kind}({' '.join(headers)})"
        for part in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, part, []), (*above, kind))


def _shape(value: Any) -> str:
    """An expression without its constants, schema's names and lengths."""
    if isinstance(value, list):
        return "[" + " ".join(dict.fromkeys(_shape(item) for item in value)) + "]"
    if not isinstance(value, ast.AST):
        return "_" if isinstance(value, str) and value not in _KEPT else str(value)
    if _literal(value):
        return "LITERAL"
    if isinstance(value, ast.Dict):
        return f"Dict({_shape([key for key in value.keys if key])} {_shape(value.values)})"
    fields = (_shape(item) for name, item in ast.iter_fields(value) if name not in ("ctx", "type_comment", "kind"))
    return f"{type(value).__name__}({' '.join(fields)})"


def _literal(node: ast.AST) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return all(_literal(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and _literal(key) for key in keys) and all(_literal(item) for item in values)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _literal(operand)
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mult(), right=ast.Constant(value=int())):
            return True
        case ast.Call(func=ast.Name(id="set"), args=[], keywords=[]):
            return True
    return False


# -- Markdown ----------------------------------------------------------------------------------------------------------


def _markdown(text: str) -> Shapes:
    found: Shapes = Counter()
    for token in _MARKDOWN.parse(text):
        if token.type == "inline":
            found.update(_inline(token.children or []))
            found.update(f"address {address}" for address in _ADDRESS.findall(_CODE.sub("", token.content)))
            continue
        if token.type == "html_block":
            raise ValueError(f"raw HTML {token.content!r}")
        if token.type == "fence":
            found.update(_fence(token))
        if token.nesting >= 0:
            found[f"{token.level} {token.type} {token.tag} {token.info}"] += 1
    return found


def _inline(tokens: list[Token]) -> Shapes:
    found: Shapes = Counter()
    for token in tokens:
        if token.type == "html_inline":
            raise ValueError(f"raw HTML {token.content!r}")
        if token.type == "link_open":
            found[f"link {token.attrGet('href')}"] += 1
        elif token.nesting >= 0 and token.type not in ("text", "softbreak", "code_inline"):
            found[token.type] += 1
    return found


def _fence(token: Token) -> Shapes:
    match token.info:
        case "mermaid":
            return _mermaid(token.content)
        case "json":
            return Counter({"json fence": 1} if json.loads(token.content) is not None else {})
        case "yaml" | "yml":
            return _data(yaml.safe_load(token.content))
        case "sh":
            return _shell(token.content)
    return Counter(f"fence line {token.info}" for _ in token.content.splitlines())


def _shell(text: str) -> Shapes:
    """Commands, options and operators; what stands in single quotes, or is a plain word, counts as a word."""
    found: Shapes = Counter()
    for line in text.splitlines():
        if line.startswith("#"):
            found[f"sh {line}"] += 1
            continue
        unquoted = _QUOTED.sub("QUOTED", line)
        if "'" in unquoted:
            raise ValueError(f"a quote is open: {line}")
        found.update("sh word" if _WORD.fullmatch(word) else f"sh {word}" for word in unquoted.split())
    return found


def mermaid(text: str) -> Shapes:
    """The lines of a picture by their form."""
    return _mermaid(text)


def _mermaid(text: str) -> Shapes:
    found: Shapes = Counter()
    for line in text.splitlines():
        form = next((number for number, form in enumerate(_MERMAID) if form.fullmatch(line.strip())), None)
        if form is None or re.search(r'"\s*(?:end)\s*"', line):
            raise ValueError(f"mermaid {line!r}")
        found[f"mermaid {form}"] += 1
    return found


# -- data --------------------------------------------------------------------------------------------------------------


def _data(value: Any, path: str = "") -> Shapes:
    """Paths of data with the types at them; lists count as one item of each type."""
    if isinstance(value, dict):
        named = path.rpartition(".")[2] in _NAMED
        parts = (_data(item, f"{path}.{'_' if named else key}") for key, item in value.items())
        return sum(parts, Counter({f"data {path} mapping": 1}))
    if isinstance(value, list):
        return Counter(set().union(*(_data(item, f"{path}[]") for item in value)) | {f"data {path} list"})
    return Counter({f"data {path} {'null' if value is None else type(value).__name__}": 1})
