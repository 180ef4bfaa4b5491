"""The program that Pulumi runs in this folder: l9stack's own, which reads the stack's config."""

import sys

from l9stack.infra import program

# A program that ends well ends by itself: what it declared is sent while it waits.
if code := program.run():
    sys.exit(code)
