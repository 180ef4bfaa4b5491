"""A stack as a Compose file: the same containers as on the runtimes of Docker, for whoever has only Compose."""
