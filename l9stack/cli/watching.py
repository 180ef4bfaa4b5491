"""`l9 monitoring`: where a stack's dashboards and metrics are, and whether they have data."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from l9stack.cli.arguments import project_of, stack_name
from l9stack.cli.printing import print_json, quantity, table
from l9stack.errors import EXIT_OK, EXIT_RUNTIME, InputError, Place, Problem
from l9stack.model.monitoring import CONFIG
from l9stack.running.manifest import read_manifest
from l9stack.running.monitoring import MonitoringState, prometheus, watch


def monitoring(arguments: argparse.Namespace) -> int:
    """Tell where to look; with --check, 6 where a panel has no data, a rule is not loaded or an agent not reached."""
    project, stack = project_of(arguments), stack_name(arguments)
    manifest = read_manifest(project, stack)
    if manifest is None or manifest.monitoring is None:
        hint = f"`l9 up --stack {stack}` deploys it, unless the setting monitoring.enabled is false"
        raise InputError([Problem("no-monitoring", f"stack {stack} has no monitoring", hint=hint)])
    places = manifest.monitoring
    if not arguments.check:
        if arguments.json:
            print_json({"stack": stack, **places.model_dump()})
        else:
            print(table([(name, place) for name, place in places.model_dump().items() if place]))
        return EXIT_OK
    url = arguments.prometheus or places.prometheus
    config = f"{places.files}/{CONFIG}"
    if not url:
        hint = f"start one, as prometheus --config.file={config}, and name it: --prometheus http://127.0.0.1:9090"
        raise InputError([Problem("no-prometheus", f"stack {stack} runs no Prometheus", Place(config), hint)])
    found = watch(project.root / places.files, stack, manifest.collection, prometheus(url), f"{arguments.minutes}m")
    if arguments.json:
        print_json({"stack": stack, "prometheus": url, "ok": found.whole, **asdict(found)})
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
        print(table(rows) + "\n")
    firing = sorted(rule.alert for rule in found.rules if rule.firing)
    print(f"{len(found.panels) - len(empty)} of {quantity(len(found.panels), 'figure')} of the dashboards have data")
    print(f"{len(found.rules) - len(rules)} of {quantity(len(found.rules), 'alert')} loaded, firing: {_named(firing)}")
    print(f"{len(found.targets) - len(targets)} of {quantity(len(found.targets), 'agent')} reached")


def _named(names: list[str]) -> str:
    return ", ".join(names) or "none"
