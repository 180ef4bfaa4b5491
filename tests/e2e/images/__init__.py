"""Images for a machine with Docker and no image registry, made from Debian's packages, Maven, Go modules and wheels.

They stand in for the official images in tests, so they behave as those where the product relies on it: users, folders,
variables, entrypoints. `python -m tests.e2e.images` makes them and prints the settings that a stack needs.
"""

from tests.e2e.images.catalogue import NAMES
from tests.e2e.images.commands import FailedError, MissingError
from tests.e2e.images.making import images
from tests.e2e.images.stack import stack_config

__all__ = ["NAMES", "FailedError", "MissingError", "images", "stack_config"]
