"""Functions of the house's own, which the agents' operations call."""
