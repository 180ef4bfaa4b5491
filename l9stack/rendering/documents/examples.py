"""A call that works, for an operation's documents, and the answer that it gets where that is known."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from l9stack.model.plan import AgentPlan, OperationPlan, Plan
from l9stack.rendering.cases import ExpectedCase, cases
from l9stack.rendering.samples import record

EXAMPLE_ID = "5b0e8a8e-6c1c-4b7e-9d43-2f3b1f1e7a10"
"""A decision's id in examples."""


@dataclass(frozen=True, slots=True)
class ExampleDoc:
    """A call by command line and by HTTP, and its answer where it is known; all of it JSON or parts of an address."""

    data: str
    method: str
    path: str
    answer: str
    said: str = ""
    fired: tuple[str, ...] = ()
    decided: str = ""


def view_example(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> ExampleDoc:
    """A call of an operation with the examples of its fields, else with values that fit."""
    values: dict[str, JsonValue] = {"key": "value"} if operation.request is None else record(operation.request)
    known = next((case for case in cases(plan, agent, operation) if case.arguments == values), None)
    method, path = "POST", f"/operations/{operation.name}"
    sent = dict(values)
    if operation.routes:
        method, path = operation.routes[0].method, operation.routes[0].path
        for name in re.findall(r"{(\w+)}", path):
            path = path.replace(f"{{{name}}}", quote(_text(sent.pop(name, "value")), safe=""))
        if method in ("GET", "DELETE") and sent and operation.request is not None:
            path = f"{path}?{urlencode({name: _text(value) for name, value in sent.items()})}"
    return ExampleDoc(
        data=compact_json(values),
        method=method,
        path=path,
        answer=_answer(operation, known),
        said=compact_json(known.said) if known and known.said else "",
        fired=known.fired if known else (),
        decided=compact_json(record(operation.response) if operation.response else {"key": "value"}),
    )


def compact_json(value: JsonValue) -> str:
    """JSON on one line, ASCII only, that survives the folding of blanks."""
    return re.sub(r"  +", lambda run: "\\u0020" * len(run[0]), json.dumps(value, ensure_ascii=True))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _answer(operation: OperationPlan, known: ExpectedCase | None) -> str:
    """The answer to the example: as it will be where that is known, else its form; empty where a person gives it."""
    if not operation.bound or operation.response is None:
        return ""
    if known is not None:
        values = {spec.name: known.expected.get(spec.name, EXAMPLE_ID) for spec in operation.response}
    elif operation.behaviour.kind == "query_memory":
        empty: dict[str, JsonValue] = {"count": 0, "decisions": []}
        values = {spec.name: empty.get(spec.name) for spec in operation.response}
    else:
        values = record(operation.response)
    return json.dumps(values, ensure_ascii=True, indent=2)
