"""The words of glue and answers: what each is called, may hold and means, where it stands, and what acts on it.

The readers check by this table; the JSON Schemas (`glue_schema.py`) and the page (`glue_page.py`) are made from it.
What a behaviour holds is said once as well, by its model (`l9stack/model/glue.py`).
"""

from __future__ import annotations

from typing import get_args

from l9stack.model.glue import ConnectionType, FieldType
from l9stack.reading.vocabulary import METHOD_PATTERN
from l9stack.reading.word import Word

_REQUEST = "the model, its checks and tests, documents"

FIELD = Word(
    "FIELD",
    "mapping",
    "A field with its bounds; of a type alone, `FIELD: string` is enough.",
    fields=(
        Word(
            "type", "text", "What it holds; `string` where nothing is said.", known=get_args(FieldType), acts=_REQUEST
        ),
        Word("description", "text", "What it means.", acts="documents"),
        Word("required", "flag", "Whether it has to be given; without a default it has to.", acts=_REQUEST),
        Word("default", "any", "Its value where none is given.", acts=_REQUEST),
        Word("minimum", "number", "The least number.", acts=_REQUEST),
        Word("maximum", "number", "The greatest number.", acts=_REQUEST),
        Word("min_length", "count", "The fewest characters or entries.", acts=_REQUEST),
        Word("max_length", "count", "The most characters or entries.", acts=_REQUEST),
        Word("choices", "texts", "The only values.", acts=_REQUEST),
        Word("example", "any", "A value for documents and tests.", acts="documents and tests"),
    ),
    closed=True,
)
BINDING = Word(
    "AGENT.OPERATION",
    "mapping",
    "What one operation takes, answers and does.",
    fields=(
        Word("summary", "text", "What it does, in a sentence.", acts="the operation's docstring and documents"),
        Word(
            "module",
            "text",
            "The agent's file that holds it.",
            examples=("intake_desk.py",),
            acts="planning: that file holds operations, whatever its name says",
        ),
        Word("request", "any", "Its fields by name.", each=FIELD, acts=_REQUEST),
        Word("response", "any", "The fields of its answer by name.", each=FIELD, acts=_REQUEST),
        Word(
            "behaviour", "any", "What it does; without one, governance anchors are asked.", acts="the operation's body"
        ),
        Word(
            "implementation",
            "text",
            "A function of one's own instead: `package.module:function`.",
            pattern=r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*",
            acts="the operation's body",
        ),
        Word(
            "criticality",
            "number",
            "How much depends on it, from 0 to 1.",
            minimum=0,
            maximum=1,
            acts="escalation rules that compare it",
        ),
        Word(
            "timeout_seconds",
            "number",
            "How long it may take, at most 300.",
            above=0,
            maximum=300,
            acts="each call, which ends then",
        ),
        Word(
            "reusable",
            "flag",
            "Whether an anchor's answer is a precedent for the same arguments.",
            acts="later calls with the same arguments",
        ),
        Word(
            "publish",
            "text",
            "An event that is published with each answer.",
            acts="whoever is wired to observe the agent",
        ),
    ),
    closed=True,
)
NAMED_BY = {
    ConnectionType.API_CALL: "method_names",
    ConnectionType.PACKET_SEND: "packet_types",
    ConnectionType.EVENT_OBSERVE: "event_subscriptions",
}
"""What the names of a connection stand under; the other two are errors there."""
_CONNECTED = "planning: the graph's edges, operations, tests across agents"
WIRING = Word(
    "[]",
    "mapping",
    "A connection between two agents; one that is not in the collection is an external contract.",
    fields=(
        Word("from_agent", "text", "Who calls or sends; of events, who publishes.", required=True, acts=_CONNECTED),
        Word("to_agent", "text", "Who is called or sent to; of events, who observes.", required=True, acts=_CONNECTED),
        Word("connection_type", "text", "How.", required=True, known=tuple(ConnectionType), acts=_CONNECTED),
        Word("import_path", "text", "Where the other's code is."),
        Word(NAMED_BY[ConnectionType.API_CALL], "texts", "The operations that are called.", acts=_CONNECTED),
        Word(NAMED_BY[ConnectionType.PACKET_SEND], "texts", "The packets that are sent.", acts=_CONNECTED),
        Word(NAMED_BY[ConnectionType.EVENT_OBSERVE], "texts", "The events that are observed.", acts=_CONNECTED),
        Word("description", "text", "What it is for."),
    ),
    closed=True,
)
FUNCTION = Word(
    "NAME",
    "mapping",
    "A function, which becomes an operation; of a name alone, `- NAME` is enough.",
    fields=(
        Word("signature", "text", "Its parameters and result, as Python.", acts="the operation's request and response"),
        Word("docstring", "text", "What it does.", acts="the operation's summary"),
        Word("logic", "text", "How it does it, in words.", acts="the operation's docstring and documents"),
    ),
    closed=True,
)
MODEL = Word("NAME", "mapping", "A model, by a name in CapWords.", each=FIELD)
MAPPING = Word(
    "NAME",
    "mapping",
    "What one file of an agent holds.",
    fields=(
        Word(
            "target", "text", "The file, as `generatefiles` has it.", required=True, acts="planning: whose file it is"
        ),
        Word(
            "template",
            "text",
            "A template of the collection's own in `templates/modules/`; else the file's family decides.",
            examples=("ledger.py.j2",),
            acts="what the file is printed from",
        ),
        Word("requires", "texts", "Packages and modules that it needs.", acts="manifest and documents"),
        Word("fields", "list", "Settings as `name: type = default`.", acts="the agent's `config.py`"),
        Word("functions", "list", "Functions by name, with signature, docstring and logic.", each=FUNCTION),
        Word("models", "list", "Models by name, with or without typed fields.", each=MODEL),
        Word("endpoints", "texts", "Endpoints.", pattern=rf"({METHOD_PATTERN})\s+/\S*", acts="the agent's routes"),
        Word("validation_rules", "any", "Rules in words.", acts="documents"),
        Word("lines", "any", "How long it should be."),
        Word("cache_integration", "any", "How it should use a cache."),
        Word("class_name", "any", "What its class should be called."),
    ),
    closed=True,
)
SENTENCES = Word(
    "[]",
    "any",
    "Sentences: a list of texts, of mappings with one of these, or several lists by topic.",
    fields=(
        Word("rule", "text", "A rule in words.", acts="the checklist's gates, where one measures it"),
        Word("gate", "text", "A gate in words.", acts="the checklist's gates, where one measures it"),
    ),
)
HARMONISED = (
    Word(
        "memory_harmonization",
        "mapping",
        "Addresses of backends for all agents.",
        fields=(
            Word(
                "shared_backends",
                "mapping",
                "By kind.",
                fields=(
                    Word("redis", "text", "The URL of working memory.", setting="memory.redis.url"),
                    Word("postgres", "text", "The URL of episodic memory.", setting="memory.postgres.url"),
                    Word("neo4j", "text", "The URL of semantic memory.", setting="memory.neo4j.url"),
                    Word("hypergraph", "text", "The URL of causal memory.", setting="memory.hypergraph.url"),
                    Word("s3", "text", "The bucket of the archive.", setting="memory.archive.bucket"),
                ),
                closed=True,
            ),
        ),
        closed=True,
        marks=True,
    ),
    Word(
        "governance_harmonization",
        "mapping",
        "Governance of all agents.",
        fields=(
            Word("anchors", "texts", "Who is asked, in place of the schemas' own.", setting="governance.anchors"),
            Word(
                "shared_escalation_triggers",
                "texts",
                "Triggers that every agent has.",
                setting="governance.shared_triggers",
            ),
        ),
        closed=True,
        marks=True,
    ),
    Word(
        "communication_harmonization",
        "mapping",
        "Communication of all agents.",
        fields=(
            Word("protocol", "text", "The protocol's name.", setting="communication.protocol"),
            Word(
                "retry_policy",
                "mapping",
                "How often a call is tried again.",
                fields=(
                    Word("max_retries", "count", "At most so often.", setting="communication.max_retries"),
                    Word("backoff_multiplier", "any", "By how much each wait is longer."),
                    Word("initial_delay_ms", "any", "The first wait."),
                ),
                closed=True,
            ),
            Word("protocol_path", "any", "Where the protocol is written down."),
            Word("auth", "any", "How callers are known."),
            Word("encryption", "any", "How calls are encrypted."),
        ),
        closed=True,
        marks=True,
    ),
)
_SETTINGS = "planning: the order of settings, as `l9 explain` tells it"
GLUE = Word(
    "glue",
    "mapping",
    "How the agents of a collection reach each other, and what their operations do.",
    fields=(
        Word("version", "text", "Its version."),
        Word("title", "text", "What it is called."),
        Word("purpose", "text", "What it is for."),
        Word("wirings", "list", WIRING.about, each=WIRING, marks=True),
        Word("schema_to_code", "mapping", "What single files hold, by a name of one's own.", each=MAPPING, marks=True),
        Word("operations", "mapping", "Operations as `agent.operation`.", each=BINDING, marks=True),
        *HARMONISED,
        Word("enforcement", "any", "Rules that generated code is held to, by topic.", each=SENTENCES),
        Word("quality_gates", "any", "Gates in words.", each=SENTENCES, marks=True),
        Word(
            "settings", "mapping", "Settings by dotted name, over those of meta templates and schemas.", acts=_SETTINGS
        ),
    ),
    closed=True,
)
ANSWERS = Word(
    "answers",
    "mapping",
    "Answers to the questions of `l9 validate`.",
    fields=(
        GLUE["operations"],
        Word(
            "settings",
            "mapping",
            "Settings by dotted name, over those of glue, meta templates and schemas.",
            acts=_SETTINGS,
        ),
    ),
    closed=True,
)
MARKS = frozenset(word.name for word in GLUE.fields if word.marks)
"""Keys of which a document has one where it is glue, though it stands after an agent."""
