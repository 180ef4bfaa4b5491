"""The road's own rules."""
