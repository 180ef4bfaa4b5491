"""The `l9` command: options, printing, exit codes. Only this package prints or exits.

`commands.py` lists every command by group, and `main.py` has the table of what becomes which exit code; each command is
a typed function in the folder of its group.
"""

from l9stack.cli.main import main

__all__ = ["main"]
