"""Documents of an agent."""
