"""`docs/settings.md`: every setting that is obeyed, and every feature flag, from planning's own tables."""

from __future__ import annotations

from collections.abc import Iterator

from l9stack.gates.registry import ADVISORY_WHEN_OFF
from l9stack.model.collection import Collection
from l9stack.model.meta import ALWAYS_ON, FLAGS, Meta
from l9stack.model.plan import Setting
from l9stack.planning.known_settings import KNOWN
from l9stack.planning.settings import resolve
from l9stack.reading import shared_configuration as meta_keys
from l9stack.reading.glue_words import GLUE
from l9stack.reading.word import Word
from l9stack.rendering.documents.settings import reaches
from tests.docs.references.markdown import code, prose, table

_FLAGS = {
    "L9_ENABLE_GOVERNANCE_ENFORCEMENT": "escalation rules are not weighed by running agents",
    "L9_ENABLE_MEMORY_SUBSTRATE_VALIDATION": "agents are ready though a backend does not answer",
}
"""What agents do otherwise while a flag is off."""
_HEAD = """# Settings

Made by `make regen` from `l9stack/planning/known_settings.py` and its neighbours, by which settings are checked.

One order holds for every setting: the stack's config (`l9stack:settings` of `Pulumi.STACK.yaml`, see
[stack settings](stack-settings.md)), answers (`settings:`), glue (`settings:`, or a word of its own), meta templates
(`shared_configuration` of `templates/meta/meta.codegen.schema.yaml`, by a key of its own or below `settings:`), the
agent's schema, the default. `l9 explain AGENT.SETTING` tells the whole chain with its places. A name that is not here,
and that no schema declares as its domain's own, is an error; so is a value that cannot be.

`COLLECTION` stands for the collection's name. `${VARIABLES}` are resolved when an agent starts.

"""


def settings_page() -> str:
    """The page in Markdown."""
    defaults = {values[0].name: values[0].value for values in resolve(_empty(), Meta(folder=""), {}, {})}
    rows = []
    for name, kind in KNOWN.items():
        default = (
            code(str(defaults[name]).lower() if isinstance(defaults[name], bool) else str(defaults[name]))
            if name in defaults
            else "the schema's"
            if name == "governance.anchors"
            else "none"
        )
        rows.append((code(name), prose(kind.about), prose(kind.wanted), default))
    places = [
        (code(name), reaches(Setting(name=name, value=defaults.get(name), source="default")), _meta(name), _glue(name))
        for name in KNOWN
    ]
    return "".join(
        [
            _HEAD,
            table(("setting", "what it is for", "a value is", "default"), rows),
            "\n## Who obeys, and shorter ways to write it\n\n",
            table(("setting", "what it reaches", "key of `shared_configuration`", "word of glue"), places),
            "\n## Feature flags\n\n",
            "Set below `feature_flags` of `shared_configuration`; one that nobody sets is on. A running agent takes a\n"
            "variable of the same name before it.\n\n",
            table(("flag", "while it is off"), _flags()),
        ]
    )


def _empty() -> Collection:
    return Collection(name="COLLECTION", root="", agents=())


def _meta(name: str) -> str:
    found = [
        f"memory_topology.{layer}.{key}"
        for layer, keys in meta_keys._MEMORY.items()
        for key, setting in keys.items()
        if setting == name
    ]
    found += [
        f"{part}.{key}"
        for part, keys in meta_keys._SECTIONS.items()
        for key, setting in keys.items()
        if setting == name
    ]
    found += ["governance.anchors"] if name == "governance.anchors" else []
    return ", ".join(map(code, found))


def _glue(name: str) -> str:
    return ", ".join(code(path) for path, word in _words(GLUE) if word.setting == name)


def _words(word: Word, path: str = "") -> Iterator[tuple[str, Word]]:
    for part in word.fields:
        below = f"{path}.{part.name}" if path else part.name
        yield below, part
        yield from _words(part, below)


def _flags() -> Iterator[tuple[str, str]]:
    for flag in FLAGS:
        if flag in ALWAYS_ON:
            yield code(flag), f"it cannot be off: {ALWAYS_ON[flag]}"
            continue
        said = [_FLAGS[flag]] if flag in _FLAGS else []
        gates = ", ".join(map(code, sorted(ADVISORY_WHEN_OFF.get(flag, ()))))
        said += [f"these gates are measured and stop nothing: {gates}"] if gates else []
        assert said, flag
        yield code(flag), "; ".join(said)
