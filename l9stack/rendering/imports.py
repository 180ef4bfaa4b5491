"""The imports of a module, gathered while it is put together."""

from __future__ import annotations


class Imports:
    """Names by module; printed sorted, so that the order of adding does not count."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self._modules: set[str] = set()

    def add(self, module: str, *names: str) -> None:
        """`from module import names`."""
        self._names.setdefault(module, set()).update(names)

    def module(self, name: str) -> None:
        """`import name`."""
        self._modules.add(name)

    def agent(self, *names: str) -> None:
        """Names of the library that generated code is written against."""
        self.add("l9stack.agent", *names)

    def lines(self) -> str:
        """The import statements; ruff groups them."""
        plain = [f"import {name}" for name in sorted(self._modules)]
        return "\n".join(
            plain
            + [
                f"from {module} import {', '.join(sorted(names))}"
                for module, names in sorted(self._names.items())
                if names
            ]
        )
