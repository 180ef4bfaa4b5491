"""`python -m tests.real_servers`: obtain the programs of the real servers, and say what cannot be had and why."""

from __future__ import annotations

import sys
import time

from tests.real_servers.programs import PROGRAMS, reasons


def main() -> int:
    """Always 0: a machine that lacks a server skips its tests, with the reason that is printed here."""
    began, lacking = time.monotonic(), reasons()
    for service, obtain in PROGRAMS.items():
        print(f"{service}: {f'skipped: {lacking[service]}' if service in lacking else obtain()}")
    print(f"({time.monotonic() - began:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
