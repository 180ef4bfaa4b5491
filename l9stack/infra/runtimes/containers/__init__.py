"""What runs in containers, said once, without an engine: every runtime of containers and a Compose file print it."""
