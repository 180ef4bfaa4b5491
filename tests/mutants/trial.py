"""Mutants on trial: each is put into a tree on disk in its module's place, and the generated tests are run there."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from l9stack.extraction.measurement import import_paths
from l9stack.extraction.prepare import PreparedCollection
from l9stack.files import write_files
from l9stack.gates.fork_server import ENDED, environ_of_tests, fork_server_of_tests
from l9stack.gates.outcomes import read_outcomes
from l9stack.local.fork_server import ForkServer
from l9stack.local.scratch import scratch_folder
from l9stack.local.temporary import shared_servers
from tests.mutants.mutants import Mutant
from tests.mutants.population import Chosen, Module

OPTIONS = ("-q", "-x", "--tb=short", "--no-header", "-p", "no:cacheprovider", "--import-mode=importlib")
SECONDS = 90.0
"""A run of tests that has not ended by then is killed."""
_NO_TESTS = 5
_HARNESS = (3, 4)
"""Exit codes of pytest for an error within it, and for arguments that it does not know: neither is the mutant's."""

Ending = Literal["caught", "timeout", "survived"]


class TrialError(Exception):
    """What was measured says nothing: the tests fail without a change, or they could not be run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a mutant fared; `by` is the first test that failed, empty where none did."""

    module: Module
    mutant: Mutant
    ending: Ending
    by: str = ""


class Court:
    """One copy of all trees, in which one run of tests goes on at a time."""

    def __init__(
        self, folder: Path, collections: Sequence[PreparedCollection], parent: ForkServer, backends: Mapping[str, str]
    ):
        """Write the trees below `folder`."""
        self._folder, self._parent, self._backends = folder, parent, backends
        self._own_code = {item.plan.collection: import_paths(item) for item in collections}
        self._runs = 0
        for item in collections:
            write_files(folder / item.plan.collection, ((a.path, a.text.encode()) for a in item.tree.artifacts))

    def control(self, collection: str) -> None:
        """Run all tests of a collection as it is; TrialError where one fails."""
        ending, by = self._run(collection, ["tests"], timeout=SECONDS * 4)
        if ending != "survived":
            raise TrialError(f"{collection}: {by or 'the tests'} failed without any change")

    def judge(self, module: Module, mutant: Mutant) -> Verdict:
        """Run the module's own tests, then, where they see nothing, the agent's others and those across agents."""
        file = self._folder / module.collection / module.path
        others = [f"tests/agents/{module.agent}", "tests/codegen_integration", f"--ignore={module.own_tests}"]
        file.write_text(mutant.text, encoding="utf-8")
        try:
            for arguments in ([module.own_tests], others):
                ending, by = self._run(module.collection, arguments, SECONDS)
                if ending != "survived":
                    return Verdict(module, mutant, ending, by)
            return Verdict(module, mutant, "survived")
        finally:
            file.write_text(module.text, encoding="utf-8")

    def _run(self, collection: str, arguments: Sequence[str], timeout: float) -> tuple[Ending, str]:
        tree, self._runs = self._folder / collection, self._runs + 1
        own = self._folder / "runs" / str(self._runs)
        (own / "tmp").mkdir(parents=True)
        (own / "pytest.ini").write_text("[pytest]\n")
        order = {
            "log": str(own / "log"),
            "report": str(own / "outcomes.jsonl"),
            "folder": str(tree),
            "environ": {**environ_of_tests(), **self._backends, "TMPDIR": str(own / "tmp")},
            "paths": [str(path) for path in self._own_code[collection]],
            "arguments": [*OPTIONS, "-c", str(own / "pytest.ini"), "--rootdir", str(tree), *arguments],
            "root": "",
            "coverage": "",
        }
        code = self._parent.run(order, timeout)
        if code is None:
            return "timeout", ""
        if code in (ENDED, ENDED + _NO_TESTS):
            return "survived", ""
        if code - ENDED in _HARNESS:
            raise TrialError(f"pytest ended with {code - ENDED}\n{(own / 'log').read_text(errors='replace')}")
        outcomes = read_outcomes(own / "outcomes.jsonl")
        return "caught", next((node for node, outcome in outcomes.items() if outcome.outcome == "failed"), "")


@contextlib.contextmanager
def courts(collections: Sequence[PreparedCollection], count: int) -> Iterator[list[Court]]:
    """`count` courts with a namespace each in one set of servers, and one fork server; all is gone afterwards."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch_folder("l9-mutants-"))
        parent = stack.enter_context(fork_server_of_tests(folder / "warm.log"))
        running = stack.enter_context(shared_servers())
        spaces = [running.namespace(f"court_{number}").environ() for number in range(count)]
        yield [Court(folder / str(number), collections, parent, space) for number, space in enumerate(spaces)]


def try_all(
    available: Sequence[Court], chosen: Sequence[Chosen], tell: Callable[[Verdict], None] = lambda _verdict: None
) -> list[Verdict]:
    """The verdicts on all mutants, in the order of the sample; `tell` hears each as it comes."""
    free: queue.SimpleQueue[Court] = queue.SimpleQueue()
    for court in available:
        free.put(court)

    def judge(pair: Chosen) -> Verdict:
        court = free.get()
        try:
            verdict = court.judge(*pair)
        finally:
            free.put(court)
        tell(verdict)
        return verdict

    with ThreadPoolExecutor(len(available)) as pool:
        return list(pool.map(judge, chosen))
