"""Modules of an agent, and the views of a plan that they print."""
