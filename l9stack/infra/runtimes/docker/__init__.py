"""Containers on one Docker engine, and what the swarm runtime has in common with that."""
