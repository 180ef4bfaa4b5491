"""The `l9` command: arguments, printing, exit codes. Only this package prints or exits.

Exit codes: 0 ok; 1 the input is wrong, a gate failed or a verification failed; 2 usage; 3 drift found
(`l9 preview --exit-code`); 4 the collection is locked by another run; 5 the Pulumi engine is missing or failed; 6 a
server or an agent is not healthy; 130 interrupted.
"""

from l9stack.cli.main import main

__all__ = ["main"]
