"""An agent's description for machines: OpenAPI and an A2A agent card, both made from its definition."""

from __future__ import annotations

import re
from typing import Any

from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.operations import Operation
from l9stack.agent.records import Payload, Record

_SECURITY: list[dict[str, list[str]]] = [{"token": []}]


def _schema(model: type[Record]) -> dict[str, Any]:
    if issubclass(model, Payload):
        return {"type": "object", "additionalProperties": True}
    return model.model_json_schema()


def _operation(operation: Operation, method: str, path: str) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    described: dict[str, Any] = {
        "operationId": f"{operation.name}_{method.lower()}" if parameters else operation.name,
        "summary": operation.summary,
        "security": _SECURITY,
        "responses": {
            "200": {
                "description": "the operation's answer",
                "content": {"application/json": {"schema": _schema(operation.response_model)}},
            },
            "202": {"description": "waits for a governance anchor"},
            "400": {"description": "the request does not fit its model"},
            "401": {"description": "no good token"},
        },
    }
    if method in ("GET", "DELETE"):
        properties = _schema(operation.request_model).get("properties", {})
        parameters += [
            {"name": name, "in": "query", "schema": schema}
            for name, schema in properties.items()
            if f"{{{name}}}" not in path
        ]
    else:
        described["requestBody"] = {"content": {"application/json": {"schema": _schema(operation.request_model)}}}
    if parameters:
        described["parameters"] = parameters
    return described


def openapi(definition: AgentDefinition) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in definition.routes:
        described = _operation(route.operation, route.method, route.path)
        paths.setdefault(route.path, {})[route.method.lower()] = described
    for operation in definition.operations:
        described = _operation(operation, "POST", "")
        described["operationId"] = f"call_{operation.name}"
        paths[f"/operations/{operation.name}"] = {"post": described}
    return {
        "openapi": "3.1.0",
        "info": {"title": definition.name, "summary": definition.role, "version": definition.version or "0"},
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}},
    }


def agent_card(definition: AgentDefinition, url: str) -> dict[str, Any]:
    """The A2A agent card."""
    return {
        "name": definition.name,
        "description": definition.role,
        "url": url,
        "version": definition.version or "0",
        "capabilities": {"streaming": False},
        "defaultInputModes": ["application/json"],
        "defaultOutputModes": ["application/json"],
        "skills": [
            {
                "id": op.name,
                "name": op.name.replace("_", " "),
                "description": op.summary,
                "tags": [definition.collection],
            }
            for op in definition.operations
        ],
    }
