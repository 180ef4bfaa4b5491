"""`l9 up`, `l9 preview` and `l9 down`: one stack of the project, through the engine."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from l9stack.cli.printing import Progress, print_json, table
from l9stack.cli.target import DEFAULT_STACK, project_of, readable, stack_name
from l9stack.engine import environment
from l9stack.engine.drive import Change, Engine, Outcome
from l9stack.errors import EXIT_DRIFT, EXIT_OK, EXIT_RUNTIME, EXIT_USAGE
from l9stack.extraction.extract import extract
from l9stack.extraction.views import published
from l9stack.local.client import Supervisor
from l9stack.output.edits import edited
from l9stack.project import Project
from l9stack.reading.stack import read_stack
from l9stack.sources import collection_name

_DONE = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced"}


def _prepared(arguments: argparse.Namespace, project: Project, progress: Progress) -> Engine:
    """The stack's engine, with the stack made and its collection set; a wrong collection is told before all else."""
    config: dict[str, str] = {}
    if arguments.collection:
        from l9stack.extraction.prepare import plan_of

        path = readable(arguments.collection)
        plan_of(path, project)
        inside = path.is_relative_to(project.root)
        config["collection"] = str(path.relative_to(project.root) if inside else path)
    engine = Engine(project, stack_name(arguments), progress)
    engine.ensure_stack(config, select=engine.stack == DEFAULT_STACK)
    return engine


def up(arguments: argparse.Namespace) -> int:
    """Extract, deploy, then say where everything answers and what to try next.

    All agents are proven in one run before the engine begins, and beside its build where it has to be obtained: the
    program finds every result known. A gate that does not hold is told here, and nothing is touched.
    """
    project, progress = project_of(arguments), Progress(quiet=arguments.json)
    with ThreadPoolExecutor(1) as pool:
        obtained = pool.submit(environment, project, progress)
        path = _extracted(arguments, project, progress)
        obtained.result()
    engine = _prepared(arguments, project, progress)
    progress(f"deploying stack {engine.stack}")
    outcome = engine.up()
    outputs = engine.outputs()
    agents = outputs.get("agents") or {}
    unhealthy = sorted(name for name, agent in agents.items() if agent.get("health") != "ok")
    if arguments.json:
        print_json({"ok": not unhealthy, "stack": engine.stack, "changes": _data(outcome), "outputs": outputs})
        return EXIT_RUNTIME if unhealthy else EXIT_OK
    for line in outcome.diagnostics:
        print(line, file=sys.stderr)
    print(_summary(outcome, f"stack {engine.stack} is as the collection says", done=True))
    rows = [(name, str(agent.get("endpoint")), str(agent.get("health"))) for name, agent in sorted(agents.items())]
    print(table([("AGENT", "ENDPOINT", "HEALTH"), *rows]))
    option = "" if engine.stack == DEFAULT_STACK else f" --stack {engine.stack}"
    example = _example(path, project) if path else "l9 call AGENT.OPERATION --data JSON"
    steps = (f"{example}{option}", f"l9 status{option}", f"l9 preview{option}", "l9 down")
    print("\nnext:\n" + "\n".join(f"  {step}" for step in steps))
    return EXIT_RUNTIME if unhealthy else EXIT_OK


def _example(path: Path, project: Project) -> str:
    """A call that works as it is printed: of the first agent that asks another one, else of the first."""
    from l9stack.extraction.prepare import plan_of
    from l9stack.rendering.samples import record

    _, plan = plan_of(path, project)
    agents = sorted(plan.agents, key=lambda agent: not any(op.behaviour.kind == "route" for op in agent.operations))
    operation = next((op for agent in agents for op in agent.operations), None)
    if operation is None:
        return f"l9 logs {plan.agents[0].id}"
    data = json.dumps(record(operation.request or ()), ensure_ascii=False)
    return f"l9 call {operation.agent}.{operation.name} --data {shlex.quote(data)}"


def _extracted(arguments: argparse.Namespace, project: Project, progress: Progress) -> Path | None:
    """Extract what the stack deploys, where its files tell that without the engine; the collection's path."""
    sources = read_stack(project.root, stack_name(arguments))
    if sources is None:
        return None
    path = readable(arguments.collection) if arguments.collection else project.root / sources.collection
    if not path.exists():
        return None
    view = published(project, collection_name(path))
    if view is not None and not edited(Path(view.folder), view.files).none:
        # The edit is the engine's to mend: it keeps it as a patch, and says which.
        return path
    extract(path, project.root / sources.output, project, progress, settings=sources.settings)
    return path


def preview(arguments: argparse.Namespace) -> int:
    """Name every resource that `up` would change; with --exit-code, 3 where there is one."""
    project, progress = project_of(arguments), Progress(quiet=arguments.json)
    engine = _prepared(arguments, project, progress)
    outcome = engine.preview()
    if arguments.json:
        print_json({"stack": engine.stack, "drift": bool(outcome.changes), "changes": _data(outcome)})
    else:
        for line in outcome.diagnostics:
            print(line, file=sys.stderr)
        for change in outcome.changes:
            print(change)
        print(_summary(outcome, f"stack {engine.stack}: nothing would change"))
    return EXIT_DRIFT if arguments.exit_code and outcome.changes else EXIT_OK


def _data(outcome: Outcome) -> list[dict[str, object]]:
    return [
        {"operation": change.operation, "type": change.type, "name": change.name, "fields": list(change.fields)}
        for change in outcome.changes
    ]


def _summary(outcome: Outcome, nothing: str, *, done: bool = False) -> str:
    if not outcome.changes:
        return nothing
    kinds: dict[str, int] = {}
    for change in outcome.changes:
        kinds[change.operation] = kinds.get(change.operation, 0) + 1
    words = _DONE if done else {}
    return ", ".join(f"{count} {words.get(kind, f'to {kind}')}" for kind, count in sorted(kinds.items()))


def down(arguments: argparse.Namespace) -> int:
    """Take stacks down; the last one stops the servers, too."""
    project, progress = project_of(arguments), Progress(quiet=arguments.json)
    if arguments.purge and not arguments.yes and not _agreed(project):
        print("not purged: say --yes to remove data without a terminal", file=sys.stderr)
        return EXIT_USAGE
    changes: list[Change] = []
    if (project.root / "Pulumi.yaml").is_file() and project.pulumi.is_dir():
        lister = Engine(project, DEFAULT_STACK, progress)
        stacks = [arguments.stack] if arguments.stack else lister.stacks()
        for stack in stacks:
            progress(f"taking stack {stack} down")
            changes += Engine(project, stack, progress).destroy().changes
    daemon = Supervisor.find(project.run) if project.run.is_dir() else None
    if daemon is not None and (not arguments.stack or not daemon.status().agents):
        daemon.shutdown(progress, purge=arguments.purge)
    elif arguments.purge and daemon is None and not arguments.stack:
        _purge(project.run)
    if arguments.json:
        print_json({"ok": True, "removed": [str(change) for change in changes]})
    else:
        print("down; data is removed" if arguments.purge else "down; data stays (l9 down --purge removes it)")
    return EXIT_OK


def _agreed(project: Project) -> bool:
    """Ask, where there is somebody to ask."""
    if not sys.stdin.isatty():
        return False
    return input(f"remove all data of the servers in {project.run}? [y/N] ").strip().lower() in ("y", "yes")


def _purge(run: Path) -> None:
    """Remove what a stopped runtime left."""
    import shutil

    shutil.rmtree(run / "data", ignore_errors=True)
    for path in (*run.glob("*.password"), run / "ports.json"):
        path.unlink(missing_ok=True)
