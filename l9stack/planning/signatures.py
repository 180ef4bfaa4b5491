"""Signatures of `schema_to_code` to typed fields; they are parsed, and never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.errors import Place, Problem
from l9stack.model.glue import FieldSpec, FieldType, FunctionSpec, ModuleMapping
from l9stack.names import is_field_name

Fields = tuple[FieldSpec, ...]
_TYPES: dict[str, FieldType] = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "dict": "object",
    "Dict": "object",
    "Mapping": "object",
}
_LISTS = ("list", "List", "Sequence", "tuple", "Tuple", "set", "Set")
_DEFINES = re.compile(r"\s*(async\s+)?def\b")
RESULT = "result"
"""The one field of an answer whose signature names a plain type."""


@dataclass(frozen=True, slots=True)
class SignatureShape:
    """What a signature says of an operation: None where it says nothing that a model can hold."""

    request: Fields | None
    response: Fields | None


NOTHING = SignatureShape(None, None)


def models_of(mappings: Iterable[ModuleMapping]) -> dict[str, Fields]:
    """The models of the glue that have fields, by name."""
    return {model.name: model.fields for mapping in mappings for model in mapping.models if model.fields}


def shape_of(function: FunctionSpec, models: Mapping[str, Fields], problems: list[Problem]) -> SignatureShape:
    """The fields of a function's parameters and result; `models` are those of the glue that have fields.

    Words that are no `def` are documentation; a `def` that is no Python is a problem. A parameter without a type may be
    any JSON value.
    """
    if not _DEFINES.match(function.signature):
        return NOTHING
    place = function.place
    try:
        body = ast.parse(f"{function.signature.strip().rstrip(':')}: ...").body
    except SyntaxError as error:
        message = f"the signature of {function.name} is no Python: {error.msg}"
        problems.append(Problem("bad-signature", message, place, "write `def name(field: str) -> bool`"))
        return NOTHING
    found = body[0] if len(body) == 1 else None
    if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
        hint = "write `def name(field: str) -> bool`"
        problems.append(Problem("bad-signature", f"the signature of {function.name} is no function", place, hint))
        return NOTHING
    if found.name != function.name:
        message = f"the signature of {function.name} is that of {found.name}"
        problems.append(Problem("bad-signature", message, place, "give both the same name"))
    return SignatureShape(_request(found.args, models, place), _response(found.returns, models, place))


def _request(arguments: ast.arguments, models: Mapping[str, Fields], place: Place | None) -> Fields | None:
    """None where a call may have any parameters, or one whose name cannot be a field's."""
    if arguments.vararg or arguments.kwarg:
        return None
    given = [argument for argument in (*arguments.posonlyargs, *arguments.args) if argument.arg not in ("self", "cls")]
    if len(given) == 1 and not arguments.kwonlyargs and (whole := models.get(_name(given[0].annotation))):
        return whole
    defaults: list[ast.expr | None] = [None] * (len(given) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*zip(given, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if any(not is_field_name(argument.arg) for argument, _ in pairs):
        return None
    return tuple(_field(argument.arg, argument.annotation, default, place) for argument, default in pairs)


def _response(returns: ast.expr | None, models: Mapping[str, Fields], place: Place | None) -> Fields | None:
    if whole := models.get(_name(returns)):
        return whole
    kind, optional = _type(returns)
    if returns is None or (kind == "any" and _name(returns) != "Any" and not optional):
        return None
    return (FieldSpec(name=RESULT, type=kind, required=not optional, place=place),)


def _field(name: str, annotation: ast.expr | None, default: ast.expr | None, place: Place | None) -> FieldSpec:
    kind, optional = _type(annotation)
    value: JsonValue = None
    if default is not None:
        try:
            value = ast.literal_eval(default)
        except ValueError:
            value = None
    return FieldSpec(name=name, type=kind, required=default is None and not optional, default=value, place=place)


def _type(annotation: ast.expr | None) -> tuple[FieldType, bool]:
    """The type of a field, and whether it may be absent; whatever JSON has no type for is `any`."""
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _type(left)[0], True
        case ast.Subscript(value=outer, slice=inner):
            if _name(outer) == "Optional":
                return _type(inner)[0], True
            if _name(outer) in _LISTS:
                return ("strings" if _name(inner) == "str" else "any"), False
            return _TYPES.get(_name(outer), "any"), False
    return _TYPES.get(_name(annotation), "any"), False


def _name(node: ast.expr | None) -> str:
    """The last part of a dotted name; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str() as name):
            return name.rpartition(".")[2]
    return ""
