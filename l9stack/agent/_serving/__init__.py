"""An agent as a process: its HTTP surface, and what runs beside it."""
