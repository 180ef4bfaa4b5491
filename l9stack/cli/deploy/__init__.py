"""Commands that change what runs: up, down, promotion and the way back."""
