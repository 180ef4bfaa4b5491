"""Pulumi components and dynamic providers (the only pulumi user beside `__main__.py`)."""
