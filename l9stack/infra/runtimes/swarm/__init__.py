"""Replicated services on a swarm of Docker engines."""
