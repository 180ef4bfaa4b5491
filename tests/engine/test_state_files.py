"""A damaged state is told with the copy beside it, and the command that puts it in its place works as printed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from l9stack.engine.failures import hints
from l9stack.engine.state_files import require_readable
from l9stack.errors import EngineError

WHOLE = json.dumps({"version": 3, "checkpoint": {"stack": "organization/shop/dev"}})


@pytest.mark.parametrize("damage", ["", WHOLE[:20], "[]", "{}", "\x00\x00"])
def test_the_copy_is_named_and_restored_by_what_is_printed(damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "a b ü 'q'"
    folder.mkdir()
    state = folder / "dev.json"
    state.write_text(WHOLE)
    require_readable(state)
    state.with_name("dev.json.bak").write_text(WHOLE)
    state.write_text(damage)
    with pytest.raises(EngineError, match="the state of stack dev is damaged") as told:
        require_readable(state)
    (command,) = (line for line in str(told.value).splitlines() if line.startswith("  cp "))
    subprocess.run(["sh", "-c", command], check=True)
    require_readable(state)


@pytest.mark.parametrize("copy", [None, "", "{"])
def test_a_state_without_a_whole_copy_is_told_as_lost(copy: str | None, tmp_path: Path) -> None:
    state = tmp_path / "dev.json"
    state.write_text("{")
    if copy is not None:
        state.with_name("dev.json.bak").write_text(copy)
    with pytest.raises(EngineError, match="no whole copy") as told:
        require_readable(state)
    assert "  cp " not in str(told.value)


@pytest.mark.parametrize("advice", ["run `pulumi cancel`", "run pulumi refresh", "use 'pulumi stack rm'"])
def test_advice_of_the_engine_never_stands_alone(advice: str) -> None:
    assert any("l9" in hint for hint in hints([advice]))
