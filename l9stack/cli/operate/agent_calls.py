"""Speaking to an agent of a stack, whatever runs it: a token, one request, and its answer as it is shown."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from l9stack.agent._security import keys, tokens
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_INPUT, EXIT_OK, InputError, Problem, ServiceError
from l9stack.project import Project

SECONDS = 60
Answer = tuple[int, Any, dict[str, str]]
"""Status, body and headers."""


def bearer_token(project: Project, principal: str, agent: str, minutes: int = 5) -> str:
    """A token of a principal for one agent; raises InputError where it has no key here."""
    try:
        return tokens.mint(principal, keys.load_private(project.keys, principal), agent, minutes * 60)
    except OSError as error:
        trusted = keys.Trust(project.keys).principals() if (project.keys / keys.TRUSTED).is_file() else ()
        hint = f"principals with a key: {', '.join(sorted(trusted))}" if trusted else "deploy first: `l9 up`"
        raise InputError([Problem("no-key", f"{principal} has no key here", hint=hint)]) from error


def principal_name(name: str) -> str:
    """`operator`, or a governance anchor by its name."""
    return name if name == "operator" or ":" in name else f"anchor:{name}"


def request(url: str, bearer: str, body: Any | None = None) -> Answer:
    """Ask an agent; raises ServiceError where it does not answer."""
    headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - an agent of ours
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as response:  # noqa: S310
            return response.status, json.load(response), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), dict(error.headers)
    except OSError as error:
        raise ServiceError(f"{url} does not answer: {error}; `l9 health` says how each part of the stack is") from error


def json_data(text: str) -> Any:
    """JSON of an argument, a file (`@path`) or standard input (`-`)."""
    source = sys.stdin.read() if text == "-" else Path(text[1:]).read_text() if text.startswith("@") else text
    try:
        return json.loads(source)
    except ValueError as error:
        raise InputError([Problem("bad-json", f"--data is no JSON: {error}", hint="quote it for the shell")]) from error


def print_answer(answer: Answer, *, as_json: bool) -> int:
    """Print what an agent answered, its trace id on standard error; 1 where it refused."""
    code, body, headers = answer
    lowered = {name.lower(): value for name, value in headers.items()}
    if as_json:
        print_json({"status": code, "body": body, "trace_id": lowered.get("x-l9-trace-id")})
    else:
        print(f"{code}  trace {lowered.get('x-l9-trace-id', '-')}", file=sys.stderr)
        print(json.dumps(body, indent=2, ensure_ascii=False))
    return EXIT_OK if code < 400 else EXIT_INPUT
