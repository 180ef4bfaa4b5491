"""Pulumi components and dynamic providers (the only user of pulumi)."""
