"""`l9stack:docker.registry`: where images are kept that more than one engine, or more than one stack, is to run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from l9stack.infra.settings.checks import name_list
from l9stack.infra.settings.reader import Reader

KEY = "docker.registry"
_SERVER = re.compile(
    r"(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9.-]+(?=:))(:[0-9]{1,5})?(/[a-z0-9]+([._-][a-z0-9]+)*)*"
)
"""A first part without dot and port would be a folder of Docker Hub."""
_HINTS = {
    "server": "a host with a dot or a port, as registry.example.com/team or 127.0.0.1:5000",
    "username": "a name; leave it out to use the credentials of `docker login` on this machine",
    "password": "set it as a secret: pulumi config set --secret --path l9stack:docker.registry.password",
}


@dataclass(frozen=True)
class Registry:
    """A registry, and perhaps a folder of it; without a name the credentials of `docker login` are used."""

    server: str
    """Its host, and perhaps a folder."""
    username: str = ""
    """Who pushes and pulls."""
    password: str = field(default="", repr=False)
    """The password of `username`: a secret."""

    @property
    def host(self) -> str:
        """The server without the folder."""
        return self.server.partition("/")[0]

    def named(self, image: str) -> str:
        """The name of an image, `name:tag`, in the registry."""
        return f"{self.server}/{image}"


def read_registry(reader: Reader, given: Any) -> Registry | None:
    """The block, or None where there is none or it is wrong; no message shows what it holds."""
    if given is None:
        return None
    before = len(reader.problems)
    if reader.hold(isinstance(given, dict), KEY, "expected a mapping", "as {server: registry.example.com}"):
        for name, value in given.items():
            if reader.hold(name in _HINTS, f"{KEY}.{name}", "unknown key", f"any of {name_list(_HINTS)}"):
                text = isinstance(value, str) and bool(value)
                reader.hold(text, f"{KEY}.{name}", "expected a text", _HINTS[name])
        server = given.get("server")
        named = isinstance(server, str) and bool(_SERVER.fullmatch(server))
        reader.hold(named, f"{KEY}.server", "names no registry", _HINTS["server"])
        # One that is encrypted is not among what is given without the engine.
        has_password = "password" in given or reader.is_set(f"{KEY}.password")
        together = ("username" in given) == has_password
        reader.hold(together, KEY, "username and password go together", _HINTS["username"])
    return Registry(**given) if len(reader.problems) == before else None
