"""The audit chain against who can write its store: what is done to it shows, up to the last audit anchor."""

import asyncio
import json
from dataclasses import replace

import obstore
import pytest
import structlog
from sqlalchemy import text

from l9stack.agent.governance import _audit as audit
from l9stack.agent.governance._audit_anchors import AuditAnchors
from l9stack.agent.memory._memory import Memory

ANCHORED = 5
COLUMNS = "position, timestamp, trace_id, action, detail, previous, entry_hash"


@pytest.fixture
async def anchors(desk):
    """A chain of five entries that are anchored."""
    found = AuditAnchors(desk.memory, desk.runtime.metrics, structlog.get_logger())
    assert await found.drop() is None
    await grow(desk.memory.postgres, 1, ANCHORED)
    assert (await found.drop()).position == ANCHORED
    assert await found.check() == []
    return found


async def grow(engine, first, last):
    for number in range(first, last + 1):
        await audit.append(engine, "desk", f"act {number}", {"n": number}, None)


async def tamper(engine, *statements):
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def rewrite(engine, edit):
    """Replace the chain by edited entries whose positions and hashes fit: what a full rewrite does."""
    async with engine.begin() as connection:
        rows = (
            await connection.execute(text("SELECT * FROM audit_log WHERE agent_id = 'desk' ORDER BY position"))
        ).all()
        entries = edit([(row.timestamp, row.action, row.detail) for row in rows])
        await connection.execute(text("DELETE FROM audit_log WHERE agent_id = 'desk'"))
        before = audit.GENESIS
        for position, (when, action, detail) in enumerate(entries, start=1):
            entry = audit.AuditEntry(
                agent="desk",
                position=position,
                timestamp=when,
                trace_id=None,
                action=action,
                detail=detail,
                previous=before,
            ).entry_hash
            values = {"p": position, "w": when, "a": action, "d": json.dumps(detail), "b": before, "e": entry}
            await connection.execute(
                text(f"INSERT INTO audit_log (agent_id, {COLUMNS}) VALUES ('desk', :p, :w, NULL, :a, :d, :b, :e)"),
                values,
            )
            before = entry


IN_PLACE = {
    "edit": ["UPDATE audit_log SET detail = '{\"n\": 9}' WHERE position = 3"],
    "edit of the action": ["UPDATE audit_log SET action = 'other' WHERE position = 1"],
    "edit of the time": ["UPDATE audit_log SET timestamp = timestamp + interval '1 microsecond' WHERE position = 5"],
    "edit of a hash": ["UPDATE audit_log SET entry_hash = repeat('0', 64) WHERE position = 5"],
    "duplicate keys": ['UPDATE audit_log SET detail = \'{"n": 3, "n": 9}\' WHERE position = 3'],
    "insert": [
        "UPDATE audit_log SET position = position + 100 WHERE position >= 3",
        f"INSERT INTO audit_log (agent_id, {COLUMNS}) SELECT agent_id, 3, timestamp, trace_id, 'forged', detail,"
        " previous, entry_hash FROM audit_log WHERE position = 2",
        "UPDATE audit_log SET position = position - 99 WHERE position > 100",
    ],
    "append without its hash": [
        f"INSERT INTO audit_log (agent_id, {COLUMNS}) SELECT agent_id, 6, timestamp, trace_id, 'forged', detail,"
        " entry_hash, repeat('f', 64) FROM audit_log WHERE position = 5"
    ],
    "delete": ["DELETE FROM audit_log WHERE position = 3"],
    "delete the first": ["DELETE FROM audit_log WHERE position = 1"],
    "reorder": [
        "UPDATE audit_log SET position = 100 WHERE position = 2",
        "UPDATE audit_log SET position = 2 WHERE position = 3",
        "UPDATE audit_log SET position = 3 WHERE position = 100",
    ],
    "cut tail": ["DELETE FROM audit_log WHERE position >= 4"],
    "delete all": ["DELETE FROM audit_log"],
}


@pytest.mark.parametrize("attack", IN_PLACE)
async def test_what_is_done_to_the_chain_shows(desk, anchors, attack):
    await tamper(desk.memory.postgres, *IN_PLACE[attack])
    assert await anchors.check()


REWRITTEN = {
    "edit": lambda entries: [*entries[:2], (entries[2][0], "act 3", {"n": 9}), *entries[3:]],
    "delete": lambda entries: entries[1:],
    "insert": lambda entries: [*entries[:2], (entries[2][0], "forged", {}), *entries[2:]],
    "reorder": lambda entries: [entries[1], entries[0], *entries[2:]],
    "the last alone": lambda entries: [*entries[:4], (entries[4][0], "act 5", {"n": 9})],
    "fork": lambda entries: [*entries[:3], *((entries[3][0], "other", {"n": number}) for number in range(9))],
    "fork of the same length": lambda entries: [*entries[:4], (entries[4][0], "other", {})],
    "all anew": lambda entries: [(when, "other", {}) for when, _, _ in entries],
}


@pytest.mark.parametrize("attack", REWRITTEN)
async def test_a_chain_that_was_written_anew_with_hashes_that_fit_shows(desk, anchors, attack):
    engine = desk.memory.postgres
    await rewrite(engine, lambda entries: entries)
    assert await anchors.check() == []  # the tampering below is what shows, not the writing
    await rewrite(engine, REWRITTEN[attack])
    assert await audit.verify(engine, "desk") == []
    assert await anchors.check() == ["the kept head is not in the chain: its tail was cut, or it was written anew"]
    # No later anchor covers it up, of this process or of the next one.
    await grow(engine, 10, 10)
    for process in (anchors, AuditAnchors(desk.memory, desk.runtime.metrics, structlog.get_logger())):
        with pytest.raises(ValueError, match="does not hold entry 5"):
            await process.drop()
    assert await anchors.check() != []


async def test_what_came_after_the_last_anchor_is_not_held_down(desk, anchors):
    """The limit that is claimed, and no more: tamper-evident up to the last audit anchor."""
    await grow(desk.memory.postgres, 6, 7)
    await tamper(desk.memory.postgres, "DELETE FROM audit_log WHERE position = 7")
    assert await anchors.check() == []
    assert (await anchors.drop()).position == 6
    await tamper(desk.memory.postgres, "DELETE FROM audit_log WHERE position = 6")
    assert await anchors.check() != []


@pytest.mark.parametrize("body", [
    '{"position": 5, "entry_hash": "KEPT", "entry_hash": "' + "0" * 64 + '"}', "[]", "", '{"position": "5"}', "{}",
])  # fmt: skip
async def test_an_anchor_that_is_none_is_told(desk, anchors, body):
    store, prefix = desk.memory.connections.archive(), f"{desk.memory.namespace}/library/desk-audit"
    kept = (await anchors.last()).entry_hash
    await obstore.put_async(store, f"{prefix}/{ANCHORED:012d}.json", body.replace("KEPT", kept).encode())
    (problem,) = await anchors.check()
    assert "the last audit anchor cannot be read" in problem


async def test_anchors_are_never_overwritten_and_nothing_new_is_nothing_to_anchor(desk, anchors):
    store, path = desk.memory.connections.archive(), f"{desk.memory.namespace}/library/desk-audit/{ANCHORED:012d}.json"
    before = bytes(await (await obstore.get_async(store, path)).bytes_async())
    assert (await anchors.drop()).position == ANCHORED
    other = AuditAnchors(desk.memory, desk.runtime.metrics, structlog.get_logger())
    other.last = lambda: asyncio.sleep(0)  # it looked before the first one was there
    assert (await other.drop()).position == ANCHORED
    assert bytes(await (await obstore.get_async(store, path)).bytes_async()) == before


async def test_an_agent_anchors_when_it_stops(desk):
    await desk.memory.prepare()
    await grow(desk.memory.postgres, 1, 3)
    found = AuditAnchors(desk.memory, desk.runtime.metrics, structlog.get_logger())
    job = asyncio.create_task(found.run())
    await asyncio.sleep(0)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert (await found.last()).position == 3
    # The decisions in the archive are counted as before.
    assert (await desk.memory.find("00000000-0000-0000-0000-000000000000"))["archive"] == 0


async def test_an_agent_without_an_archive_has_no_anchors(desk, l9_backends):
    definition = replace(desk.definition, memory=replace(desk.definition.memory, archive=None))
    memory = Memory(definition, l9_backends, "none")
    await asyncio.wait_for(AuditAnchors(memory, desk.runtime.metrics, structlog.get_logger()).run(), 1)
    await memory.close()


async def test_the_chain_goes_on_while_the_archive_is_down(desk):
    await desk.memory.prepare()
    await grow(desk.memory.postgres, 1, 1)
    memory = desk.memory
    memory.connections.archive_url, memory.connections.store = "s3://nowhere", None
    found = AuditAnchors(memory, desk.runtime.metrics, structlog.get_logger())
    job = asyncio.create_task(found.run())
    await asyncio.sleep(0)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert await audit.verify(memory.postgres, "desk") == []


async def test_the_agent_tells_whether_its_chain_holds(desk, anchors):
    told = (await desk.get("/audit", "operator")).json()
    assert told == {"holds": True, "entries": ANCHORED, "anchored": ANCHORED, "problems": []}
    await tamper(desk.memory.postgres, "DELETE FROM audit_log WHERE position > 3")
    told = (await desk.get("/audit", "operator")).json()
    assert (told["holds"], told["entries"], told["anchored"]) == (False, 3, ANCHORED)
    assert "tail was cut" in told["problems"][0]
    assert (await desk.get("/audit")).status_code == 401
