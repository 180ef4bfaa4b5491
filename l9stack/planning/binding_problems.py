"""What is told about one binding: mistakes of its names, types and expressions, each at its own place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from l9stack.errors import Place, Problem
from l9stack.model.glue import Binding, FieldSpec
from l9stack.planning.expression_types import in_words, kind_of, mismatches
from l9stack.planning.expressions import ExpressionError, parse

FieldMap = Mapping[str, FieldSpec]

_GRAMMAR = (
    "an expression has fields, numbers, texts, lists, `+ - * / %`, comparisons, `in`, `and`, `or`, `not`, "
    "`a if c else b`, and min, max, round, len, abs, lower"
)


class BindingProblems:
    """Collects what is wrong with one binding, at the places of its parts: `assign.total`, `rows.0.when`."""

    def __init__(self, binding: Binding, problems: list[Problem]) -> None:
        self._binding = binding
        self._problems = problems

    def error(self, code: str, message: str, at: str = "", hint: str = "", place: Place | None = None) -> None:
        """Collect an error; its place is that of the part `at`, or of what holds the part."""
        binding = self._binding
        while at and at not in binding.places:
            at = at.rpartition(".")[0]
        where = f"operations.{binding.agent}.{binding.operation}"
        found = place or binding.places.get(at, binding.place)
        self._problems.append(Problem(code, f"{where}: {message}", found, hint))

    def wrong(self, name: str, kind: str, spec: FieldSpec, at: str) -> None:
        """A value of a kind that the field never takes."""
        self.error("wrong-type", f"`{name}` is a field of type {spec.type}, and gets {in_words(kind)}", at)

    def expression(self, text: str, fields: FieldMap, at: str, *, open_answer: bool = False, after: int = 0) -> str:
        """The kind of an expression over fields; all that is wrong with it is collected, with its column."""
        try:
            expression = parse(text)
        except ExpressionError as error:
            message = f"{text.strip()!r}, column {error.column + after}: {error}"
            self.error("bad-expression", message, at, _GRAMMAR)
            return "unknown"
        used = {name for name in expression.names if not (open_answer and name.startswith("answer."))}
        self.names(used, fields, at)
        for wrong in mismatches(expression.tree, fields):
            message = f"{text.strip()!r}, column {wrong.column + after}: {wrong.message}"
            self.error("wrong-type", message, at)
        return kind_of(expression.tree, fields, absent=True)

    def names(self, used: Iterable[str], known: Iterable[str], at: str) -> None:
        """Collect each name that is no field."""
        known = sorted(known)
        for name in sorted(set(used) - set(known)):
            near = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean `{near[0]}`?" if near else f"fields: {', '.join(known) or 'none declared'}"
            self.error("unknown-field", f"`{name}` is no field here", f"{at}.{name}", hint)

    def value(self, spec: FieldSpec, kind: str) -> None:
        """A response field that the behaviour itself fills with a value of `kind`."""
        if spec.type not in (kind, "any", *(["number"] if kind == "integer" else [])):
            self.wrong(spec.name, kind, spec, f"response.{spec.name}")

    def given(self, response: FieldMap, known: Mapping[str, str], *, whole: bool = False) -> None:
        """The response may declare what the behaviour answers and nothing else; all of it where `whole`."""
        self.names(response, known, "response")
        for name, spec in response.items():
            if name in known:
                self.value(spec, known[name])
        for name in sorted(known.keys() - response.keys()) if whole else ():
            self.error("missing-field", f"the response has no field `{name}`, which is in the answer", "response")
