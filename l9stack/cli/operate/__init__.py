"""Commands that speak to what runs: how it is, calls, decisions, audit."""
