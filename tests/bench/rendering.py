"""Rendering of collections of 10, 100 and 1,000 agents, made of the example's five under other names."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

from l9stack.inputs import Inputs
from l9stack.inputs.generator import templates_folder
from l9stack.inputs.read import meta_templates
from l9stack.model.collection import Collection
from l9stack.names import class_name
from l9stack.planning.plan import make_plan
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.meta import read_meta
from l9stack.rendering.tree import render
from tests.bench.figures import Figure
from tests.bench.scratch import COLLECTION, REPOSITORY
from tests.bench.workshop import Workshop

SMALL, LARGE, HUGE = 10, 100, 1000


def rendering(shop: Workshop) -> Iterator[Figure]:
    """Plan and text in memory, formatted; growth is what each of the last 90 agents adds."""
    read = read_collection(Inputs.read(Project(REPOSITORY), REPOSITORY / COLLECTION))
    meta = read_meta(meta_templates(templates_folder() / "meta"))
    render(make_plan(read, meta))  # templates are compiled once in a process
    seconds: dict[int, list[float]] = {SMALL: [], LARGE: []}
    for _ in shop.clock.rounds(2, share=0.1):
        for agents, values in seconds.items():
            collection = repeated(read, agents // len(read.agents))
            began = time.perf_counter()
            render(make_plan(collection, meta))
            values.append(time.perf_counter() - began)
            shop.say(f"rendering {agents} agents: {values[-1]:.1f} s")
    for agents, values in seconds.items():
        yield Figure(f"plan and render {agents} agents", "s", tuple(values))
    growth = [
        (large - small) / (LARGE - SMALL) * 1000 for small, large in zip(seconds[SMALL], seconds[LARGE], strict=True)
    ]
    yield Figure(f"growth per agent, from {SMALL} to {LARGE}", "ms", tuple(growth))
    shop.say(f"rendering {HUGE} agents, once")
    collection = repeated(read, HUGE // len(read.agents))
    began = time.perf_counter()
    render(make_plan(collection, meta))
    huge = time.perf_counter() - began
    yield Figure(f"plan and render {HUGE} agents", "s", (huge,))
    last = (huge - statistics.median(seconds[LARGE])) / (HUGE - LARGE) * 1000
    yield Figure(f"growth per agent, from {LARGE} to {HUGE}", "ms", (last,))


def repeated(collection: Collection, times: int) -> Collection:
    """The collection's agents `times` over, each copy under names of its own, wired to the agents of its copy."""
    whole: dict[str, Any] = collection.model_dump()
    for number in range(1, times):
        copy = renamed(collection.model_dump(), [agent.id for agent in collection.agents], f"copy{number}")
        whole["agents"] += copy["agents"]
        for key in ("wirings", "bindings"):
            whole["glue"][key] += copy["glue"][key]
        whole["answers"]["bindings"] += copy["answers"]["bindings"]
    return Collection.model_validate(whole)


def renamed(value: Any, agents: list[str], suffix: str) -> Any:
    """Every name of an agent in a value, in snake_case, CapWords or words, with a suffix."""
    for agent in agents:
        words = agent.replace("_", " ").title()
        for name, new in (
            (agent, f"{agent}_{suffix}"),
            (class_name(agent), f"{class_name(agent)}{suffix.title()}"),
            (words, f"{words} {suffix.title()}"),
        ):
            pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
            value = _mapped(value, pattern, new)
    return value


def _mapped(value: Any, pattern: re.Pattern[str], new: str) -> Any:
    if isinstance(value, str) and type(value) is str:
        return pattern.sub(new, value)
    if isinstance(value, dict):
        return {key: _mapped(item, pattern, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_mapped(item, pattern, new) for item in value)
    return value
