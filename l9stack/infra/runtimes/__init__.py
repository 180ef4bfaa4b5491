"""Where things run: `local`, `docker` or `external`. Each is imported only when a stack chooses it."""
