"""Escalation policies, read by a grammar: clauses of a text, conditions of a clause, alternatives that are executed."""
