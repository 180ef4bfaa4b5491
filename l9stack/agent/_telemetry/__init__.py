"""Logs and metrics of one agent."""
