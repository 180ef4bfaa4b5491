"""Runs tests in a process of their own against real servers, and tells which lines of the agents' library they ran."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from l9stack.agent.backends import BackendUrls

REPOSITORY = Path(__file__).parents[2]
_SETTINGS = """[run]
source_pkgs = l9stack.agent
data_file = {folder}/coverage
parallel = true
"""
"""Agents that tests start as processes are not counted: they would start too slowly to be counted and be in time."""
_SECONDS = 1200


@dataclass
class Runs:
    """What tests did: `outcomes` by test, and the lines of each module of the library that ran."""

    folder: Path
    """Where reports are kept."""
    outcomes: dict[str, str] = field(default_factory=dict)
    output: str = ""
    written: int = 0
    """Tests that were written to be run, where that was counted; a parametrised one counts once."""

    def pytest(
        self,
        backends: BackendUrls,
        more: Mapping[str, str],
        where: Path,
        arguments: Sequence[str],
        paths: Sequence[Path],
    ) -> None:
        """Run tests in a folder, with `more` variables; what they do is added to what is known."""
        settings, report = self.folder / "coveragerc", self.folder / "outcomes.xml"
        settings.write_text(_SETTINGS.format(folder=self.folder))
        environ = {**os.environ, **backends.environ(), **more, "PYTHONPATH": os.pathsep.join(map(str, paths))}
        options = ("-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}")
        done = subprocess.run(
            [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest", *options, *arguments],
            cwd=where,
            env=environ,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        self.output += (done.stdout + done.stderr)[-6000:]
        for case in ElementTree.parse(report).iter("testcase"):
            self.outcomes[f"{where}: {case.get('classname')}::{case.get('name')}"] = _outcome(case)

    def lines(self) -> dict[str, set[int]]:
        """The lines that ran, by the module's path below the library."""
        tool, report = [sys.executable, "-m", "coverage"], self.folder / "coverage.json"
        settings = f"--rcfile={self.folder / 'coveragerc'}"
        subprocess.run([*tool, "combine", settings, "-q", str(self.folder)], check=True)
        subprocess.run([*tool, "json", settings, "-q", "-o", str(report)], check=True)
        files = json.loads(report.read_text())["files"]
        return {name.rpartition("l9stack/agent/")[2]: set(found["executed_lines"]) for name, found in files.items()}


def _outcome(case: ElementTree.Element) -> str:
    return next((kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None), "passed")
