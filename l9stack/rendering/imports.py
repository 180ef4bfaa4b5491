"""The imports of a module, gathered while it is put together."""

from __future__ import annotations


class Imports:
    """Names by module; printed sorted, so that the order of adding does not count."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self._modules: set[str] = set()
        self._reserved: set[str] = set()

    def add(self, module: str, *names: str) -> None:
        """`from module import names`."""
        self._names.setdefault(module, set()).update(names)

    def module(self, name: str) -> None:
        """`import name`."""
        self._modules.add(name)

    def agent(self, *names: str) -> None:
        """Names of the library that generated code is written against."""
        self.add("l9stack.agent", *names)

    def reserve(self, *names: str) -> None:
        """Names that the module itself defines, made from what users wrote: nothing is imported under one of them."""
        self._reserved.update(names)

    def local(self, name: str) -> str:
        """The name by which the module knows what it imports: its own, or another where that one is reserved."""
        while name in self._reserved:
            name = f"library_{name}"
        return name

    def _clause(self, name: str) -> str:
        local = self.local(name)
        return name if local == name else f"{name} as {local}"

    def lines(self) -> str:
        """The import statements; ruff groups them."""
        plain = [f"import {name}" for name in sorted(self._modules)]
        return "\n".join(
            plain
            + [
                f"from {module} import {', '.join(map(self._clause, sorted(names)))}"
                for module, names in sorted(self._names.items())
                if names
            ]
        )
