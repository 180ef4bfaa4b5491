"""As many empty resources as a stack of l9stack has: what the engine alone takes for them."""

import json
from pathlib import Path

import pulumi
from empty import Empty

counts = json.loads(Path("counts.json").read_text())


class Group(pulumi.ComponentResource):
    """A component that holds nothing of its own."""

    def __init__(self, name: str, parent: pulumi.Resource | None = None) -> None:
        super().__init__("bench:index:Group", name, {}, pulumi.ResourceOptions(parent=parent))
        self.register_outputs({})


top = Group("group-0")
groups = [top, *(Group(f"group-{number}", top) for number in range(1, counts["components"]))]
for number in range(counts["dynamic"]):
    Empty(f"empty-{number}", pulumi.ResourceOptions(parent=groups[number % len(groups)]))
