"""`python -m l9stack`: the command line, where no launcher is on the path."""

from l9stack.cli.main import run

run()
