"""`l9 call`, `token`, `decisions`, `audit` and `decide`: speaking to the agents of a stack, whatever runs it."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from l9stack.agent._security import keys, tokens
from l9stack.cli.arguments import project_of, stack_name
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_OK, InputError, Problem, ServiceError
from l9stack.project import Project
from l9stack.running.stack import find_running

SECONDS = 60


def _endpoint(project: Project, stack: str, agent: str) -> str:
    return find_running(project, stack).endpoint(agent)


def _minted(project: Project, principal: str, agent: str, minutes: int = 5) -> str:
    try:
        return tokens.mint(principal, keys.load_private(project.keys, principal), agent, minutes * 60)
    except OSError as error:
        trusted = keys.Trust(project.keys).principals() if (project.keys / keys.TRUSTED).is_file() else ()
        hint = f"principals with a key: {', '.join(sorted(trusted))}" if trusted else "deploy first: `l9 up`"
        raise InputError([Problem("no-key", f"{principal} has no key here", hint=hint)]) from error


def _principal(name: str) -> str:
    return name if name == "operator" or ":" in name else f"anchor:{name}"


def token(arguments: argparse.Namespace) -> int:
    """A token to call one agent with, on standard output."""
    principal = _principal(arguments.principal)
    made = _minted(project_of(arguments), principal, arguments.agent, min(arguments.minutes, 15))
    if arguments.json:
        print_json({"principal": principal, "agent": arguments.agent, "token": made})
    else:
        print(made)
    return EXIT_OK


def _request(url: str, bearer: str, body: Any | None = None) -> tuple[int, Any, dict[str, str]]:
    headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - an agent of ours
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310
            return response.status, json.load(response), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), dict(error.headers)
    except OSError as error:
        raise ServiceError(f"{url} does not answer: {error}; `l9 health` says how each part of the stack is") from error


def _data(text: str) -> Any:
    """JSON of an argument, a file (`@path`) or standard input (`-`)."""
    source = sys.stdin.read() if text == "-" else Path(text[1:]).read_text() if text.startswith("@") else text
    try:
        return json.loads(source)
    except ValueError as error:
        raise InputError([Problem("bad-json", f"--data is no JSON: {error}", hint="quote it for the shell")]) from error


def _answered(arguments: argparse.Namespace, answer: tuple[int, Any, dict[str, str]]) -> int:
    code, body, headers = answer
    lowered = {name.lower(): value for name, value in headers.items()}
    if arguments.json:
        print_json({"status": code, "body": body, "trace_id": lowered.get("x-l9-trace-id")})
    else:
        print(f"{code}  trace {lowered.get('x-l9-trace-id', '-')}", file=sys.stderr)
        print(json.dumps(body, indent=2, ensure_ascii=False))
    return EXIT_OK if code < 400 else 1


def call(arguments: argparse.Namespace) -> int:
    """Call an operation; 1 where the agent refused."""
    agent, dot, operation = arguments.operation.partition(".")
    if not dot:
        raise InputError([Problem("bad-operation", f"{arguments.operation!r} is not AGENT.OPERATION")])
    project, stack = project_of(arguments), stack_name(arguments)
    endpoint = _endpoint(project, stack, agent)
    bearer = _minted(project, "operator", agent)
    return _answered(arguments, _request(f"{endpoint}/operations/{operation}", bearer, _data(arguments.data)))


def decisions(arguments: argparse.Namespace) -> int:
    """The pending decisions of an agent, the oldest first."""
    project, stack = project_of(arguments), stack_name(arguments)
    endpoint = _endpoint(project, stack, arguments.agent)
    code, body, headers = _request(f"{endpoint}/decisions", _minted(project, "operator", arguments.agent))
    if arguments.json or code != 200:
        return _answered(arguments, (code, body, headers))
    for decision in body["decisions"]:
        print(f"{decision['decision_id']}  {decision['operation']}  {json.dumps(decision['arguments'])}")
        print(f"    {decision['reason']}")
        if "proposed" in decision:
            print(f"    held until it is approved: {json.dumps(decision['proposed'])}")
    print(f"{len(body['decisions'])} pending")
    return EXIT_OK


def audit(arguments: argparse.Namespace) -> int:
    """Whether an agent's audit chain holds; 1 where it does not, with what is wrong."""
    project, stack = project_of(arguments), stack_name(arguments)
    endpoint = _endpoint(project, stack, arguments.agent)
    code, body, headers = _request(f"{endpoint}/audit", _minted(project, "operator", arguments.agent))
    if arguments.json or code != 200:
        _answered(arguments, (code, body, headers))
        return EXIT_OK if code == 200 and body["holds"] else 1
    for problem in body["problems"]:
        print(problem, file=sys.stderr)
    anchored = "not anchored" if body["anchored"] is None else f"anchored up to entry {body['anchored']}"
    state = "follow one from the other" if body["holds"] else "do not hold"
    print(f"{arguments.agent}: {body['entries']} entries {state}; {anchored}")
    return EXIT_OK if body["holds"] else 1


def decide(arguments: argparse.Namespace) -> int:
    """Decide as a governance anchor, about exactly the arguments that are stored."""
    project, stack = project_of(arguments), stack_name(arguments)
    endpoint = _endpoint(project, stack, arguments.agent)
    url = f"{endpoint}/decisions/{arguments.decision}"
    found = _request(url, _minted(project, "operator", arguments.agent))
    if found[0] != 200:
        return _answered(arguments, found)
    body = {
        "verdict": arguments.verdict,
        "payload": _data(arguments.data),
        "arguments_digest": found[1]["arguments_digest"],
    }
    return _answered(arguments, _request(url, _minted(project, _principal(arguments.anchor), arguments.agent), body))
