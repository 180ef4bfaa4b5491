"""`docs/wirings.md`: how one agent reaches another, by connection type, with an example each."""

from __future__ import annotations

import textwrap

from l9stack.model.glue import ConnectionType
from l9stack.reading.glue_words import NAMED_BY
from tests.docs.references.markdown import table

EXAMPLES = {
    ConnectionType.API_CALL: """
        - {from_agent: Desk, to_agent: Cover, connection_type: api_call, method_names: [check]}
        """,
    ConnectionType.PACKET_SEND: """
        - {from_agent: Desk, to_agent: Cover, connection_type: packet_send, packet_types: [damage_reported]}
        """,
    ConnectionType.EVENT_OBSERVE: """
        - {from_agent: Cover, to_agent: Desk, connection_type: event_observe, event_subscriptions: [cover_changed]}
        """,
}
"""Each an entry of `wirings:`; together with their agents they are a collection that is planned."""
_MEANS = {
    ConnectionType.API_CALL: (
        "`from_agent` calls operations of `to_agent`, and waits for the answer",
        "an operation of that name at `to_agent`",
        "a test across both agents that calls it",
    ),
    ConnectionType.PACKET_SEND: (
        "`from_agent` sends packets of a domain's type to `to_agent`, and waits for the answer",
        "an operation of the packet's name at `to_agent`",
        "a test across both agents that sends it",
    ),
    ConnectionType.EVENT_OBSERVE: (
        "`from_agent` publishes, `to_agent` observes: later, once, and without an answer",
        "an operation `on_EVENT` at `to_agent`",
        "a test that publishes, and waits until it was observed",
    ),
}
_HEAD = """# Wirings

Made by `make regen` from `l9stack/model/glue.py` and `l9stack/reading/glue_words.py`; a test plans each example.

A wiring is an entry of `wirings:` in glue, and says which agent reaches which, and how. Agents are named as their
schemas name them, in any spelling. One that is not in the collection is an external contract: it is noted in documents,
and no test calls it. [The words of glue](glue.md) lists every key of a wiring. A wiring names operations and does not
say what they do: [behaviours](behaviours.md) do, and one that nobody has bound is asked about by `l9 validate`.

"""


def wirings_page() -> str:
    """The page in Markdown."""
    head = ("connection type", "names stand under", "what it is", "operation that follows", "proven by")
    rows = [(f"`{kind}`", f"`{NAMED_BY[kind]}`", *_MEANS[kind]) for kind in ConnectionType]
    sections = [
        f"\n## `{kind}`\n\n```yaml\nwirings:\n{textwrap.indent(example(kind), '  ')}\n```\n" for kind in ConnectionType
    ]
    return "".join([_HEAD, table(head, rows), *sections])


def example(kind: ConnectionType) -> str:
    """The entry of `wirings:` that shows it."""
    return textwrap.dedent(EXAMPLES[kind]).strip()
