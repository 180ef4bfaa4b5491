"""What joins agents: wirings, module mappings, operation bindings and harmonised settings (glue and answers)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from l9stack.errors import Place
from l9stack.model.agent import Endpoint
from l9stack.model.base import Model


class ConnectionType(StrEnum):
    """How one agent reaches another."""

    API_CALL = "api_call"
    PACKET_SEND = "packet_send"
    EVENT_OBSERVE = "event_observe"


class Wiring(Model):
    """A connection between two agents. `names` are methods, packet types or events, by `connection_type`.

    For `event_observe`, `from_agent` publishes and `to_agent` observes, as in the collections in the wild.
    """

    from_agent: str
    to_agent: str
    connection_type: ConnectionType
    import_path: str = ""
    names: tuple[str, ...] = ()
    place: Place


FieldType = Literal["string", "integer", "number", "boolean", "strings", "object", "any"]
"""`strings` is a list of strings, `object` a JSON object, `any` any JSON value."""


class FieldSpec(Model):
    """One field of an operation's request or response, with the bounds that the generated model enforces."""

    name: str
    type: FieldType = "string"
    description: str = ""
    required: bool = True
    default: JsonValue = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    choices: tuple[str, ...] = ()
    example: JsonValue = None
    place: Place | None = None


class Implementation(Model):
    """A Python callable of the user's own: `package.module:function`, taking the request, returning the response."""

    kind: Literal["implementation"] = "implementation"
    target: str


class RecordBehaviour(Model):
    """Store the request in every declared layer and answer with a receipt; response fields are set by `assign`."""

    kind: Literal["record"] = "record"
    assign: dict[str, str] = {}
    """By response field, an expression over the request."""


class RouteBehaviour(Model):
    """Ask another agent's operation and answer from what it said.

    `send` maps fields of the outgoing request to expressions over ours; `assign` maps response fields to expressions
    over `request.*` and `answer.*`. `to` is `agent.operation`.
    """

    kind: Literal["route"] = "route"
    to: str
    """The operation that is asked, as `agent.operation`."""
    send: dict[str, str] = {}
    """By field of the outgoing request, an expression over ours; each required field of it has to be there."""
    assign: dict[str, str] = {}
    """By response field, an expression over `request.FIELD` (or `FIELD` alone) and `answer.FIELD`."""
    publish: str = ""
    """An event type that is published with the answer, where the agent has observers."""


class QueryMemoryBehaviour(Model):
    """Find earlier decisions in episodic memory whose fields equal the request's; the newest first."""

    kind: Literal["query_memory"] = "query_memory"
    match: tuple[str, ...] = Field(min_length=1)
    """The request's fields that have to be equal."""
    limit: int = Field(default=20, ge=1, le=1000)
    """How many decisions at most, from 1 to 1000."""


class CheckPolicyBehaviour(Model):
    """Weigh the request against the agent's escalation rules and answer with the verdict."""

    kind: Literal["check_policy"] = "check_policy"


class TableRow(Model):
    """`when` is an expression over the request; `then` gives literal response fields, or expressions after `=`."""

    when: str
    then: dict[str, JsonValue]
    place: Place | None = None


class DecisionTableBehaviour(Model):
    """The first row whose condition holds gives the answer; `otherwise` where none does."""

    kind: Literal["decision_table"] = "decision_table"
    rows: tuple[TableRow, ...] = Field(min_length=1)
    """Rows of `when`, a condition over the request, and `then`, the response's fields: literals, or expressions after
    `=`."""
    otherwise: dict[str, JsonValue]
    """The response's fields where no row holds, as in `then`."""


class TransformBehaviour(Model):
    """Compute each response field by an expression over the request."""

    kind: Literal["transform"] = "transform"
    assign: dict[str, str]
    """By response field, an expression over the request."""


class EchoBehaviour(Model):
    """Answer with the request."""

    kind: Literal["echo"] = "echo"


class UnboundBehaviour(Model):
    """Nobody has said what the operation does: governance anchors are asked, and their payload is the answer."""

    kind: Literal["unbound"] = "unbound"


Behaviour = Annotated[
    Implementation
    | RecordBehaviour
    | RouteBehaviour
    | QueryMemoryBehaviour
    | CheckPolicyBehaviour
    | DecisionTableBehaviour
    | TransformBehaviour
    | EchoBehaviour
    | UnboundBehaviour,
    Field(discriminator="kind"),
]


class Binding(Model):
    """What `operations:` of glue or answers says about one operation, keyed `agent.operation`.

    Only fields that stand there are set (`model_fields_set`): answers win over glue field by field.
    """

    agent: str
    operation: str
    summary: str = ""
    request: tuple[FieldSpec, ...] | None = None
    response: tuple[FieldSpec, ...] | None = None
    behaviour: Behaviour = UnboundBehaviour()
    module: str = ""
    """The agent's file that holds the operation; chosen by planning where empty."""
    criticality: float = 0.5
    timeout_seconds: float = 10.0
    reusable: bool = False
    publish: str = ""
    """An event type published with each answer."""
    places: dict[str, Place] = {}
    """Where the parts of its behaviour stand: `assign.total`, `rows.0.when`."""
    place: Place


class FunctionSpec(Model):
    """A function of `schema_to_code`: signature and docstring are used, `logic` is documentation only."""

    name: str
    signature: str = ""
    docstring: str = ""
    logic: str = ""
    place: Place | None = None


class ModelSpec(Model):
    """A model of `schema_to_code`; `fields` is None where only its name is given."""

    name: str
    fields: tuple[FieldSpec, ...] | None = None
    place: Place


class ModuleMapping(Model):
    """One entry of `schema_to_code`: which file it concerns and what that file holds."""

    key: str
    target: str
    template: str = ""
    requires: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    functions: tuple[FunctionSpec, ...] = ()
    models: tuple[ModelSpec, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    rules: tuple[str, ...] = ()
    place: Place


class Sentence(Model):
    """A rule in words, and where it stands."""

    text: str
    place: Place


class Glue(Model):
    """A glue file of either dialect, or of both."""

    file: str = ""
    wirings: tuple[Wiring, ...] = ()
    mappings: tuple[ModuleMapping, ...] = ()
    bindings: tuple[Binding, ...] = ()
    settings: dict[str, JsonValue] = {}
    """Harmonised settings by dotted canonical name (`governance.anchors`, `memory.redis.url`, …)."""
    settings_places: dict[str, Place] = {}
    rules: tuple[Sentence, ...] = ()
    quality_gates: tuple[Sentence, ...] = ()


class Answers(Model):
    """`answers.yaml`: bindings and settings that answer the questions of `l9 validate`."""

    file: str = ""
    bindings: tuple[Binding, ...] = ()
    settings: dict[str, JsonValue] = {}
    settings_places: dict[str, Place] = {}
