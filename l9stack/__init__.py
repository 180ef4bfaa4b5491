"""l9stack: a collection of agent schemas becomes a running, governed multi-agent system."""

__version__ = "0.1.0"
