"""One run of the engine on a stack: made ready, shown, agreed to, carried out, and told as it went."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from l9stack.cli.deploy.checks import confirm, pinned_release
from l9stack.cli.deploy.orphans import clear_orphans, find_orphans
from l9stack.cli.options import DEFAULT_STACK, stack_words
from l9stack.cli.printing import print_json, print_table
from l9stack.cli.progress_line import ProgressLine
from l9stack.engine.drive import StackEngine
from l9stack.engine.events import EngineRun
from l9stack.errors import EXIT_OK, EXIT_RUNTIME, EXIT_USAGE, EngineError, InputError
from l9stack.extraction.extract import extract
from l9stack.extraction.prepare import plan_of
from l9stack.extraction.published_view import published_view
from l9stack.infra.needed_services import services_used
from l9stack.inputs import Inputs
from l9stack.model.plan import Plan
from l9stack.output.edits import find_edits
from l9stack.project import Project
from l9stack.reading.stack import read_stack, secrets_provider

_DONE = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced"}


def prepared_engine(
    project: Project, stack: str, progress: ProgressLine, collection: Path | None = None
) -> StackEngine:
    """The stack's engine, with the stack made; a wrong collection is told before all else."""
    if collection:
        plan_of(Inputs.read(project, collection))
    engine = StackEngine(project, stack, progress)
    provider = secrets_provider(project.root, stack)
    engine.ensure_stack(select=stack == DEFAULT_STACK, secrets_provider=provider)
    return engine


def extract_for_stack(
    project: Project, stack: str, progress: ProgressLine, collection: Path | None = None
) -> Inputs | None:
    """Extract what the stack deploys, where its files tell that without the engine; what it was made from.

    Raises:
        InputError: the collection is wrong, or the release to which the stack is pinned is not what it was.
        GateError: a gate does not hold.
    """
    sources = read_stack(project.root, stack)
    if sources is None:
        return None
    if pinned := pinned_release(project, stack):
        from l9stack.releases.preparation import prepare_release

        inputs = prepare_release(project, pinned, sources.settings).inputs
    else:
        path = collection or project.root / sources.collection
        if not path.exists():
            return None
        inputs = Inputs.read(project, path, settings=sources.settings)
    view = published_view(project, inputs.name)
    if view is not None and not find_edits(Path(view.folder), view.files).none:
        # The edit is the engine's to mend: it keeps it as a patch, and says which.
        return inputs
    extract(inputs, project.root / sources.output, progress)
    return inputs


def deploy(
    engine: StackEngine, project: Project, progress: ProgressLine, inputs: Inputs | None, *, as_json: bool
) -> int:
    """Bring the stack to what it is configured with, and say how that went."""
    stack = engine.stack
    plan = plan_of(inputs)[1] if inputs else None
    progress(f"deploying stack {stack}")
    try:
        with input_errors(project, stack):
            outcome = _deployed(engine, project, progress, plan)
    except EngineError as error:
        raise type(error)(f"{error}{_way_back(engine)}") from error
    outputs = engine.outputs()
    agents = outputs.get("agents") or {}
    unhealthy = sorted(name for name, agent in agents.items() if agent.get("health") != "ok")
    pinned = pinned_release(project, stack)
    if as_json:
        told = {"ok": not unhealthy, "stack": stack, "pinned": pinned or None, "changes": changes_data(outcome)}
        print_json(told | {"outputs": outputs})
        return EXIT_RUNTIME if unhealthy else EXIT_OK
    for line in outcome.diagnostics:
        print(line, file=sys.stderr)
    print(_summary(outcome, f"stack {stack} is as the collection says", done=True))
    rows = [(name, str(agent.get("endpoint")), str(agent.get("health"))) for name, agent in sorted(agents.items())]
    print_table([("AGENT", "ENDPOINT", "HEALTH"), *rows])
    where = stack_words(stack)
    if pinned:
        print(f"\nstack {stack} is pinned to release {pinned[:12]}: working files are not read")
        print(f"  l9 up{where} --unpin deploys them again")
    example = _example(plan) if plan else "l9 call AGENT.OPERATION --data JSON"
    steps = (f"{example}{where}", f"l9 status{where}", f"l9 preview{where}", f"l9 down{where}")
    print("\nnext:\n" + "\n".join(f"  {step}" for step in steps))
    return EXIT_RUNTIME if unhealthy else EXIT_OK


def _deployed(engine: StackEngine, project: Project, progress: ProgressLine, plan: Plan | None) -> EngineRun:
    """Deploy, and once more where it was in the way what an earlier run had begun."""
    agents, services = ([agent.id for agent in plan.agents], services_used(plan)) if plan else ((), ())
    before = find_orphans(project, engine)
    try:
        return engine.up(agents, services)
    except EngineError:
        rests = before and [rest for rest in engine.begun() if rest in before]
        if not clear_orphans(project, engine, rests, progress):
            raise
        return engine.up(agents, services)


def _way_back(engine: StackEngine) -> str:
    """What is true of a stack whose deployment failed, and what can be done about it."""
    try:
        history = engine.outputs().get("releases")
    except EngineError:  # what failed says why
        return ""
    if not history:
        return ""
    last = history[-1]["release"][:12]
    return (
        f"\nstack {engine.stack} is between two releases; it was healthy last with {last}, to which "
        f"`l9 rollback --stack {engine.stack}` returns"
    )


def _example(plan: Plan) -> str:
    """A call that works as it is printed: of the first agent that asks another one, else of the first."""
    from l9stack.rendering.samples import record

    agents = sorted(plan.agents, key=lambda agent: not any(op.behaviour.kind == "route" for op in agent.operations))
    operation = next((op for agent in agents for op in agent.operations), None)
    if operation is None:
        return f"l9 logs {plan.agents[0].id}"
    data = json.dumps(record(operation.request or ()), ensure_ascii=False)
    return f"l9 call {operation.agent}.{operation.name} --data {shlex.quote(data)}"


@contextmanager
def input_errors(project: Project, stack: str) -> Iterator[None]:
    """A failure of the engine that says what is wrong with the inputs is theirs: told as such, with places."""
    try:
        yield
    except EngineError as error:
        from l9stack.infra.stack_inputs import input_problems

        told = str(error)
        if problems := [problem for problem in input_problems(project, stack) if str(problem) in told]:
            raise InputError(problems) from error
        raise


def show_changes(engine: StackEngine, outcome: EngineRun, *, as_json: bool = False) -> None:
    """Print what would change; to standard error where standard output is for a document."""
    for line in outcome.diagnostics:
        print(line, file=sys.stderr)
    for text in (*outcome.changes, _summary(outcome, f"stack {engine.stack}: nothing would change")):
        print(text, file=sys.stderr if as_json else sys.stdout)


def confirm_changes(engine: StackEngine, question: str, *, as_json: bool) -> bool:
    """Show what would change and ask; a no is said, and changes nothing."""
    show_changes(engine, engine.preview(), as_json=as_json)
    if confirm(question):
        return True
    print(f"stack {engine.stack} stays as it is", file=sys.stderr)
    return False


def refuse_unattended(stack: str) -> int:
    """Nobody can be asked, and nothing was agreed beforehand."""
    print(f"stack {stack} is not touched: say --yes to change it without a terminal", file=sys.stderr)
    return EXIT_USAGE


def changes_data(outcome: EngineRun) -> list[dict[str, object]]:
    """Every change as plain data, for `--json`."""
    return [
        {"operation": change.operation, "type": change.type, "name": change.name, "fields": list(change.fields)}
        for change in outcome.changes
    ]


def _summary(outcome: EngineRun, nothing: str, *, done: bool = False) -> str:
    if not outcome.changes:
        return nothing
    kinds: dict[str, int] = {}
    for change in outcome.changes:
        kinds[change.operation] = kinds.get(change.operation, 0) + 1
    words = _DONE if done else {}
    return ", ".join(f"{count} {words.get(kind, f'to {kind}')}" for kind, count in sorted(kinds.items()))
