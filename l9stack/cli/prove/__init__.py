"""Commands that check, generate and prove, and bring what was proven into a checkout."""
