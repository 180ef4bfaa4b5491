"""The generated tests of a collection beside a stack's own backends: `python -m l9stack.agent.preflight FOLDER`."""

__all__: list[str] = []
