"""`docs/stack-settings.md`: every key of `Pulumi.STACK.yaml`, from the values that the program reads it into."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from l9stack.infra.settings import RUNTIMES, archive, docker, image_registry, monitoring, swarm
from l9stack.infra.settings.addresses import _SCHEMES
from l9stack.infra.settings.checks import Constraint
from l9stack.infra.settings.stack import StackSettings
from l9stack.infra.specs import SERVICES
from tests.docs.references.markdown import code, doc, fields_of, prose, table

BLOCKS: Mapping[str, tuple[type, Mapping[str, Constraint]]] = {
    "archive": (archive.ArchiveSettings, archive._CHECKS),
    "docker": (docker.DockerSettings, docker._CHECKS),
    "swarm": (swarm.SwarmSettings, swarm._CHECKS),
    "monitoring": (monitoring.MonitoringSettings, monitoring._CHECKS),
}
"""Keys that hold a block of keys."""
_OWN = {
    "collection": ("a file or a folder", "`input_schemas/claims_desk`"),
    "runtime": (f"one of {', '.join(RUNTIMES)}", "`local`"),
    "output": ("a folder", "`extractions`"),
    "settings": ("a mapping, as {logging.level: DEBUG}", "none"),
    "backends": (f"a mapping by {', '.join(SERVICES)}", "none"),
    "certificates": ("a mapping, as {postgres: certificates/rds.pem}", "none"),
    "endpoints": ("a mapping, as {AGENT: https://HOST}", "none"),
    "protect": ("true or false", "`false`"),
    "release": ("a digest that `l9 releases` lists", "none: the working files"),
}
"""What a value of a key without a block may be, and its default."""
_MORE = {
    "archive": "How the bucket of `l9stack:backends.archive` is reached, and what of it the stack looks after.",
    "docker": "How a Docker engine runs the stack. Everything has a default.",
    "swarm": "How a swarm of Docker engines runs the stack, beside `l9stack:docker`. Everything has a default.",
    "monitoring": "Prometheus and Grafana. Everything has a default; see also the setting `monitoring.enabled`.",
    "manage": "Whether the stack makes the bucket, and looks after its settings.",
}
"""What blocks are for, and a key that is no field."""
_HEAD = """# Stack settings

Made by `make regen` from `l9stack/infra/settings/`, which reads them.

Keys of `config:` in `Pulumi.STACK.yaml`, each as `l9stack:KEY`; defaults for all stacks stand in `Pulumi.yaml`. All of
them are checked before anything is done: `l9 validate --stack NAME` shows every mistake with its line.
[Environments](environments.md) leads through them. Secrets are set by
`pulumi config set --stack NAME --secret --path l9stack:KEY.NAME VALUE`, and never stand in a file in plain text.

"""


def stack_settings_page() -> str:
    """The page in Markdown."""
    texts = fields_of(StackSettings)
    rows = []
    for field in dataclasses.fields(StackSettings):
        if field.name in BLOCKS:
            holds, default, about = f"a block: [below](#l9stack{field.name})", "none", _MORE[field.name]
        else:
            (text, default), about = _OWN[field.name], texts[field.name][1]
            holds = prose(text)
        assert about, field.name
        rows.append((code(f"l9stack:{field.name}"), prose(about), holds, default))
    schemes = [(code(service), ", ".join(code(f"{scheme}://") for scheme in _SCHEMES[service])) for service in SERVICES]
    parts = [
        _HEAD,
        table(("key", "what it says", "a value is", "default"), rows),
        "\n## `l9stack:backends`\n\n",
        "Each is a URL with one of these, and [backends](backends.md) says the rest:\n\n",
        table(("service", "URL"), schemes),
        *(_block(name) for name in BLOCKS),
        _engine(),
    ]
    return "".join(parts)


def _block(name: str) -> str:
    settings, checks = BLOCKS[name]
    rows = list(_keys(name, settings, checks))
    parts = [
        f"\n## `l9stack:{name}`\n\n{prose(_MORE[name])}\n\n",
        table(("key", "what it says", "a value is", "default"), rows),
    ]
    if name == "docker":
        registry = image_registry.Registry
        given = {key: (lambda _: True, hint) for key, hint in image_registry._HINTS.items()}
        rows = list(_keys("docker.registry", registry, given))
        parts += [
            f"\n### `l9stack:docker.registry`\n\n{prose(doc(registry))}\n\n",
            table(("key", "what it says", "a value is", "default"), rows),
        ]
    return "".join(parts)


def _keys(block: str, settings: type, checks: Mapping[str, Constraint]) -> Iterator[tuple[str, str, str, str]]:
    texts = fields_of(settings)
    defaults = {field.name: field.default for field in dataclasses.fields(settings)}
    for key, (_, hint) in checks.items():
        about = texts[key][1] if key in texts else _MORE[key]
        assert about, key
        yield (
            code(f"{block}.{key}"),
            prose(about),
            prose(hint),
            _default(key, defaults),
        )


def _default(key: str, defaults: Mapping[str, Any]) -> str:
    if key == "manage":
        return "`true`"
    value = defaults[key]
    if value is dataclasses.MISSING or value is None or value == "" or value == ():
        return "required" if key == "server" else "none"
    return code(str(value).lower() if isinstance(value, bool) else str(value))


def _engine() -> str:
    known = ", ".join(code(f"docker:{name}") for name in docker._ENGINE)
    refused = [(code(f"docker:{name}"), prose(why), prose(hint)) for name, (why, hint) in docker._REFUSED.items()]
    return (
        f"\n## `docker:…`\n\nOf the Docker provider's own keys these are read: {known}. These are refused:\n\n"
        + table(("key", "why", "instead"), refused)
    )


def keys_of_source() -> set[str]:
    """Every key of a block that its module checks, read from its source: whoever adds one adds it to a table here."""
    found = set()
    for module in (archive, docker, monitoring, swarm):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("block", "mapping")
            ):
                found.add(ast.literal_eval(node.args[0]))
    return found
