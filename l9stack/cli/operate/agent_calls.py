"""Speaking to an agent of a stack, whatever runs it: a token, what is sent, and its answer as it is shown."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from l9stack.agent._security import keys, tokens
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_INPUT, EXIT_OK, InputError, Problem
from l9stack.project import Project
from l9stack.running.agent_requests import AgentReply


def bearer_token(project: Project, principal: str, agent: str, minutes: int = 5) -> str:
    """A token of a principal for one agent; raises InputError where it has no key here, or a damaged one."""
    try:
        return tokens.mint(principal, keys.load_private(project.keys, principal), agent, minutes * 60)
    except OSError as error:
        trusted = keys.Trust(project.keys).principals() if (project.keys / keys.TRUSTED).is_file() else ()
        hint = f"principals with a key: {', '.join(sorted(trusted))}" if trusted else "deploy first: `l9 up`"
        raise InputError([Problem("no-key", f"{principal} has no key here", hint=hint)]) from error
    except keys.KeyFileError as error:
        raise InputError([Problem("bad-key", str(error))]) from error


def principal_name(name: str) -> str:
    """`operator`, or a governance anchor by its name."""
    return name if name == "operator" or ":" in name else f"anchor:{name}"


def json_data(text: str) -> Any:
    """JSON of an argument, a file (`@path`) or standard input (`-`)."""
    source = sys.stdin.read() if text == "-" else Path(text[1:]).read_text() if text.startswith("@") else text
    try:
        return json.loads(source)
    except ValueError as error:
        raise InputError([Problem("bad-json", f"--data is no JSON: {error}", hint="quote it for the shell")]) from error


def print_reply(reply: AgentReply, *, as_json: bool) -> int:
    """Print what an agent answered, its trace id on standard error; 1 where it refused."""
    if as_json:
        print_json({"status": reply.status, "body": reply.body, "trace_id": reply.trace_id or None})
    else:
        print(f"{reply.status}  trace {reply.trace_id or '-'}", file=sys.stderr)
        print_json(reply.body)
    return EXIT_OK if reply.status < 400 else EXIT_INPUT
