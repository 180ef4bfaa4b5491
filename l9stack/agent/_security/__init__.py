"""Keys, tokens, and whom a connection trusts."""
