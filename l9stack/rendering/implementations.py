"""The start of a user's own implementation: a typed function, and a test that fails until it is written.

Unlike everything else that is rendered, these files are the user's from then on: nothing writes them a second time.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from l9stack.model.glue import FieldSpec
from l9stack.model.plan import AgentPlan, OperationPlan
from l9stack.printable import line
from l9stack.rendering.code.operations import request_name, response_name
from l9stack.rendering.environment import render_template
from l9stack.rendering.fields import annotation, number
from l9stack.rendering.formatting import format_files
from l9stack.rendering.imports import Imports
from l9stack.rendering.quoting import python
from l9stack.rendering.samples import record

_COMMENT = 110
"""Characters of a comment line behind its mark."""


def render_implementation(agent: AgentPlan, operation: OperationPlan, module: str) -> dict[str, str]:
    """The texts of `function`, `test`, `conftest` and `package` for an operation; `module` is its import path."""
    texts = {
        "function.py": _function(agent, operation, module),
        "test.py": _test(agent, operation, module),
        "conftest.py": render_template("implementations/conftest.py.j2"),
        "package.py": render_template(
            "implementations/package.py.j2", title="What our own people wrote for the agents to call."
        ),
    }
    return {path.removesuffix(".py"): text for path, text in format_files(texts).items()}


def _function(agent: AgentPlan, operation: OperationPlan, module: str) -> str:
    imports, request, response = Imports(), request_name(operation), response_name(operation)
    undeclared = [spec is None for spec in (operation.request, operation.response)]
    models = [name for name, absent in zip((request, response), undeclared, strict=True) if not absent]
    if models:
        imports.add("typing", "TYPE_CHECKING", *(["Any"] if operation.response is not None else []))
    if any(undeclared):
        imports.agent("Payload")
    return render_template(
        "implementations/function.py.j2",
        title=f"{agent.spec.name}: {operation.summary}",
        imports=imports,
        models_from=agent.home_of(operation.name).dotted,
        models=sorted(models),
        name=operation.name,
        request=request,
        answer=response if operation.response is None else f"{response} | dict[str, Any]",
        summary=operation.summary,
        fields=_described(operation),
        unfinished=f"{NotImplementedError.__name__}({python(f'write the body of {operation.name} in {module}')})",
    )


def _described(operation: OperationPlan) -> list[str]:
    """What the function is given and has to answer, as comment lines."""
    told = [f"As the glue describes it: {line(operation.logic)}"] if operation.logic else []
    told.append(f"The request has {_fields(operation.request, 'any JSON object, as `request.payload`')}.")
    told.append(f"The answer has {_fields(operation.response, 'any JSON object, as `Payload(payload={…})`')}.")
    return [part for text in told for part in textwrap.wrap(text, _COMMENT, break_on_hyphens=False)]


def _fields(specs: Iterable[FieldSpec] | None, undeclared: str) -> str:
    if specs is None:
        return undeclared
    return ", ".join(f"{spec.name}: {annotation(spec)}{_bounds(spec)}" for spec in specs) or "no field"


def _bounds(spec: FieldSpec) -> str:
    bounds = (("from", spec.minimum), ("to", spec.maximum))
    told = " ".join(f"{word} {number(value):g}" for word, value in bounds if value is not None)
    return f" {told}" if told else ""


def _test(agent: AgentPlan, operation: OperationPlan, module: str) -> str:
    imports = Imports()
    imports.add(module, operation.name)
    if operation.request is None:
        imports.agent("Payload")
        request = f"Payload(payload={python({'note': 'any object'})})"
    else:
        imports.add("types", "SimpleNamespace")
        pairs = record(operation.request).items()
        request = f"SimpleNamespace({', '.join(f'{name}={python(value)}' for name, value in pairs)})"
    if operation.response is None:
        imports.agent("Payload")
        answer = f"Payload(payload={python({'answer': 'what it has to say'})})"
    else:
        answer = python(record(operation.response))
    return render_template(
        "implementations/test_function.py.j2",
        title=f"{agent.id}.{operation.name}: {operation.summary}",
        imports=imports,
        name=operation.name,
        request=request,
        answer=answer,
    )
