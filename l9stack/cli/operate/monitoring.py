"""`l9 monitoring`: where a stack's dashboards and metrics are, and whether they have data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from l9stack.cli.options import POSITIVE, json_option, pass_stack_project, stack_name, stack_option, stack_words
from l9stack.cli.printing import print_json, print_table, quantity
from l9stack.errors import EXIT_OK, EXIT_RUNTIME, InputError, Place, Problem
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.running.monitoring import MonitoringState


@click.command()
@stack_option
@click.option("--check", is_flag=True, help="Exit with 6 where a panel has no data or a rule is not loaded.")
@click.option("--prometheus", "address", metavar="URL", help="Another than the stack's own.")
@click.option("--minutes", type=POSITIVE, default=15, show_default=True, help="How far back calls count.")
@json_option
@pass_stack_project
def monitoring(
    project: Project, stack: str | None, check: bool, address: str | None, minutes: int, as_json: bool
) -> int:
    """Where the dashboards are, and whether they have data.

    With --check, 6 where a panel has no data, a rule is not loaded or an agent not reached.
    """
    from l9stack.model.monitoring import CONFIG
    from l9stack.running.manifest import read_manifest
    from l9stack.running.monitoring import prometheus, watch

    name = stack_name(stack)
    manifest = read_manifest(project, name)
    if manifest is None or manifest.monitoring is None:
        hint = f"`l9 up{stack_words(name)}` deploys it, unless the setting monitoring.enabled is false"
        raise InputError([Problem("no-monitoring", f"stack {name} has no monitoring", hint=hint)])
    places = manifest.monitoring
    if not check:
        if as_json:
            print_json({"stack": name, **places.model_dump()})
        else:
            print_table([(part, place) for part, place in places.model_dump().items() if place], header=False)
        return EXIT_OK
    url = address or places.prometheus
    config = f"{places.files}/{CONFIG}"
    if not url:
        hint = f"start one, as prometheus --config.file={config}, and name it: --prometheus http://127.0.0.1:9090"
        raise InputError([Problem("no-prometheus", f"stack {name} runs no Prometheus", Place(config), hint)])
    found = watch(
        project.root / places.files, name, manifest.collection, prometheus(url, own=address is None), f"{minutes}m"
    )
    if as_json:
        print_json({"stack": name, "prometheus": url, "ok": found.whole, **asdict(found)})
    else:
        _print(found)
    return EXIT_OK if found.whole else EXIT_RUNTIME


def _print(found: MonitoringState) -> None:
    empty = [panel for panel in found.panels if panel.state != "data"]
    rules = [rule for rule in found.rules if rule.state != "ok"]
    targets = [target for target in found.targets if target.state != "up"]
    rows = [(f"{p.dashboard}: {p.panel}", p.state, p.detail) for p in empty]
    rows += [(f"alert {rule.alert}", rule.state, rule.detail) for rule in rules]
    rows += [(f"agent {target.agent}", target.state, target.detail) for target in targets]
    if rows:
        print_table(rows, header=False)
        print()
    firing = sorted(rule.alert for rule in found.rules if rule.firing)
    print(f"{len(found.panels) - len(empty)} of {quantity(len(found.panels), 'figure')} of the dashboards have data")
    print(f"{len(found.rules) - len(rules)} of {quantity(len(found.rules), 'alert')} loaded, firing: {_named(firing)}")
    print(f"{len(found.targets) - len(targets)} of {quantity(len(found.targets), 'agent')} reached")


def _named(names: list[str]) -> str:
    return ", ".join(names) or "none"
