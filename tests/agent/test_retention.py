"""Decisions that are past their retention are deleted, and no others."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from l9stack.agent import ArchiveLayer, EpisodicLayer
from l9stack.agent._calls.conclusion import remember
from l9stack.agent.memory._retention import expire, span_of
from l9stack.agent.testing._serving import serving_definition
from l9stack.model.agent import Backend, MemoryKind, MemoryLayer
from l9stack.planning.retention import SPAN, kept_days

desk_module: Any = sys.modules["agent_desk"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("90 days", 90),
        ("3_years", 3 * 366),
        ("2 weeks", 14),
        ("48h", 2),
        ("12 months", 12 * 31),
        ("7d", 7),
        ("1 Year", 366),
    ],
)
def test_a_span_is_read(text: str, days: int) -> None:
    assert span_of(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "indefinite", "0 days", "as long as needed", "90", "days", "-3 days"])
def test_other_texts_keep_everything(text: str) -> None:
    assert span_of(text) is None


@given(st.text(alphabet="0123 _-dayshourwekmnt", max_size=12))
def test_what_planning_takes_for_a_span_is_what_agents_keep_to(text: str) -> None:
    found = SPAN.match(text)
    assert (span_of(text) is not None) == (found is not None and int(found[1]) > 0)


@given(st.from_regex(r"[0-9]{1,4}[ _-]?(hours?|d|days?|weeks?|months?|years?)", fullmatch=True) | st.just("indefinite"))
def test_the_rules_of_a_bucket_keep_things_for_as_long_as_agents_do(text: str) -> None:
    layer = MemoryLayer(kind=MemoryKind.ARCHIVE, backend=Backend.S3, storage="s3", retention=text)
    span, days = span_of(text), kept_days(layer)
    assert (span is None) == (days is None)
    if span is not None and days is not None:
        assert timedelta(days=days - 1) < span <= timedelta(days=days)


async def test_old_decisions_go_from_their_layers(l9_backends: Any) -> None:
    plain = desk_module.desk()
    memory = replace(plain.memory, episodic=EpisodicLayer((), "30 days"), archive=ArchiveLayer("60 days"))
    async with serving_definition(replace(plain, memory=memory), l9_backends) as agent:
        trace = "0d9c7b1e-52a4-4f0e-8a37-6e1f0c2b4d55"
        await remember(agent.runtime, plain.operations[0], {"n": 1}, {}, trace, "APPROVED")
        kept = await agent.memory.find(trace)
        assert (kept["episodic"], kept["archive"]) == (1, 1)
        now = datetime.now(UTC)
        assert await expire(agent.memory, now) == {"episodic": 0, "archive": 0}
        assert await expire(agent.memory, now + timedelta(days=31)) == {"episodic": 1, "archive": 0}
        found = await agent.memory.find(trace)
        assert (found["episodic"], found["archive"]) == (0, 1)
        assert await expire(agent.memory, now + timedelta(days=62)) == {"episodic": 0, "archive": 1}
        assert (await agent.memory.find(trace))["archive"] == 0
