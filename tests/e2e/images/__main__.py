"""`python -m tests.e2e.images [NAME…]`: make the images, and print the settings by which a stack uses them."""

from __future__ import annotations

import argparse
import sys

from tests.e2e.images.catalogue import NAMES
from tests.e2e.images.commands import FailedError, MissingError, say
from tests.e2e.images.making import images, remove
from tests.e2e.images.stack import stack_config


def main() -> int:
    """Make what is missing; 1 where an image failed, 2 where this machine lacks something."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.images", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--remove", action="store_true", help="remove the images instead")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.names) - set(NAMES)):
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(NAMES)}")
    try:
        if arguments.remove:
            say(f"{len(remove())} removed")
            return 0
        made = images(arguments.names or NAMES)
    except (FailedError, MissingError) as error:
        say(f"error: {error}")
        return 2 if isinstance(error, MissingError) else 1
    print(stack_config(made), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
