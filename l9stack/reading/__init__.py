"""Files to model: YAML and Markdown with positions, aliases folded, every problem collected (the only yaml user)."""
