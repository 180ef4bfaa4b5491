"""Alert rules of a collection, as Prometheus reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from l9stack.model.monitoring import AlertKind, AlertPlan, MonitoringPlan
from l9stack.model.plan import Plan
from l9stack.rendering.environment import render_template
from l9stack.rendering.monitoring.promql import (
    EACH,
    counter_sum,
    failure_ratio,
    gauge_maximum,
    one_of,
    quantile,
    selector,
)

AlertExpression = Callable[[Callable[..., str], float], str]
"""From a selector, which takes more labels, and the threshold."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """How one kind of alert is asked; `hold` is how long it has to be so until somebody is told."""

    severity: str
    hold: str
    expression: AlertExpression
    summary: str
    """Behind the agent's name; labels and value as Prometheus' own template writes them."""
    fires: str
    """When, for people; `{0}` is the threshold, `{1}` the same in percent."""
    advice: str


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule, ready to be printed."""

    alert: str
    threshold: str
    expression: str
    hold: str
    severity: str
    summary: str
    description: str


def render_rules(plan: Plan, monitoring: MonitoringPlan) -> str:
    """The rule file: one rule for each alert of the plan."""
    rules = [_text(plan, alert) for alert in monitoring.alerts]
    return render_template("monitoring/rules.yml.j2", collection=plan.collection, rules=rules)


def _text(plan: Plan, alert: AlertPlan) -> RuleText:
    rule = RULES[alert.kind]
    sources = re.sub(r"\{(?=\{)", "{ ", "; ".join(alert.sources))  # with two, a template of Prometheus' own begins
    return RuleText(
        alert=alert.kind.value,
        threshold=number(alert.threshold),
        expression=" or ".join(rule.expression(where, alert.threshold) for where in _selectors(plan, alert)),
        hold=rule.hold,
        severity=rule.severity,
        summary=f"{{{{ $labels.agent }}}} {rule.summary}",
        description=f"{condition_text(alert)} {rule.advice} From: {sources}.",
    )


def condition_text(alert: AlertPlan) -> str:
    """When it fires, as a sentence."""
    text = RULES[alert.kind].fires.format(number(alert.threshold), number(alert.threshold * 100))
    return f"{text[0].upper()}{text[1:]}."


def number(value: float) -> str:
    """A figure as people and Prometheus read it."""
    return f"{value:.12g}"


def _selectors(plan: Plan, alert: AlertPlan) -> Iterator[Callable[..., str]]:
    """One for the agents that are meant as a whole, one for each of which some operations are."""
    whole = [agent for agent in alert.agents if agent not in alert.operations]
    if whole:
        # All of them need no list, which would grow with the collection.
        yield partial(selector, plan.collection, whole if len(whole) < len(plan.agents) else ())
    for agent, operations in alert.operations.items():
        yield partial(selector, plan.collection, (agent,), operation=one_of(operations))


def _down(where: Callable[..., str], _: float) -> str:
    # An agent whose every replica is gone has no target any more where targets are discovered.
    gone = f"{gauge_maximum('l9_build_info', f'{where()} offset 10m')} unless on ({EACH}) up{where()}"
    return f"min by ({EACH}) (up{where()}) == 0 or {gone}"


def _restarts(where: Callable[..., str], threshold: float) -> str:
    return f"max by ({EACH}) (changes(process_start_time_seconds{where()}[15m])) > {number(threshold)}"


def _gauge(metric: str) -> AlertExpression:
    return lambda where, threshold: f"{gauge_maximum(metric, where())} > {number(threshold)}"


def _grown(metric: str, window: str, by: str = EACH, **labels: str) -> AlertExpression:
    return lambda where, threshold: (
        f"{counter_sum(metric, where(**labels), window, by, 'increase')} > {number(threshold)}"
    )


def _fail(where: Callable[..., str], threshold: float) -> str:
    return f"{failure_ratio(where(outcome='~5..'), where(), '5m')} > {number(threshold)}"


def _refused(where: Callable[..., str], threshold: float) -> str:
    return f"{counter_sum('l9_refusals_total', where(reason='rate-limited'), '5m')} > {number(threshold)}"


def _slow(where: Callable[..., str], threshold: float) -> str:
    return f"{quantile(0.95, where(), '5m', f'{EACH}, operation')} > {number(threshold)}"


RULES: dict[AlertKind, AlertRule] = {
    AlertKind.AGENT_DOWN: AlertRule(
        "critical",
        "1m",
        _down,
        "does not answer",
        "it, or one of its replicas, does not answer for a minute",
        "`l9 health` says what it waits for, `l9 logs` what it said last.",
    ),
    AlertKind.AGENT_RESTARTS: AlertRule(
        "warning",
        "0s",
        _restarts,
        "starts again and again",
        "it starts more than {0} times in 15 minutes",
        "Its log ends with why it stopped.",
    ),
    AlertKind.ANCHORS_NOT_TOLD: AlertRule(
        "warning",
        "0s",
        _grown("l9_anchor_notice_failures_total", "15m", f"{EACH}, anchor"),
        "could not tell {{ $labels.anchor }} of a decision",
        "an anchor could not be told of a decision",
        "Redis, by which anchors are told, did not take it; the decision waits: `l9 decisions`.",
    ),
    AlertKind.AUDIT_NOT_ANCHORED: AlertRule(
        "critical",
        "0s",
        _grown("l9_audit_anchor_failures_total", "15m"),
        "could not anchor its audit chain",
        "the head of its audit chain could not be kept in the archive",
        "The archive does not take it, or the chain was tampered with: `l9 audit` says which.",
    ),
    AlertKind.AUDIT_NOT_WRITTEN: AlertRule(
        "critical",
        "0s",
        _grown("l9_audit_failures_total", "15m"),
        "could not write its audit chain",
        "an entry of its audit chain could not be written",
        "The store of decisions does not take entries; what was done meanwhile stands in the agent's log.",
    ),
    AlertKind.CALLS_FAIL: AlertRule(
        "warning",
        "5m",
        _fail,
        "fails more calls than it may",
        "more than {1} % of its calls end with 5xx, over 5 minutes and for 5 more",
        "The panel of calls by outcome says how; each failure is an escalation with its reason.",
    ),
    AlertKind.CALLS_REFUSED: AlertRule(
        "warning",
        "5m",
        _refused,
        "turns callers away who call too often",
        "it turns callers away for their rate more than {0} times a second, over 5 minutes and for 5 more",
        "Somebody goes on beyond the rate: raise it, or slow them down.",
    ),
    AlertKind.CALLS_SLOW: AlertRule(
        "warning",
        "5m",
        _slow,
        "is slow: {{ $labels.operation }} takes {{ $value | humanizeDuration }} (p95)",
        "more than 5 % of calls take longer than {0} s, over 5 minutes and for 5 more",
        "What it asks, or where it remembers, may be slow.",
    ),
    AlertKind.DECISIONS_EXPIRE: AlertRule(
        "critical",
        "0s",
        _gauge("l9_decisions_oldest_seconds"),
        "has a decision that nobody made for {{ $value | humanizeDuration }}",
        "a decision has waited for more than {0} s",
        "It is blocked when its time is over: `l9 decisions` lists it.",
    ),
    AlertKind.DECISIONS_EXPIRED: AlertRule(
        "critical",
        "0s",
        _grown("l9_decisions_total", "1h", verdict="expired"),
        "blocked decisions that nobody made in time",
        "a decision was blocked within the last hour, for nobody made it in time",
        "Nobody was there to decide: ask the anchors, or give them more time.",
    ),
    AlertKind.DECISIONS_PILE_UP: AlertRule(
        "warning",
        "10m",
        _gauge("l9_decisions_waiting"),
        "has {{ $value }} decisions that wait",
        "more than {0} decisions wait for 10 minutes",
        "More come than its anchors decide: `l9 decisions` lists them.",
    ),
    AlertKind.MEMORY_WRITES_FAIL: AlertRule(
        "critical",
        "0s",
        _grown("l9_memory_failures_total", "5m", f"{EACH}, layer"),
        "loses what it should remember in its {{ $labels.layer }} memory",
        "a write to one of its memory layers failed within 5 minutes",
        "The layer's server is down or refuses; such answers are marked degraded.",
    ),
}
