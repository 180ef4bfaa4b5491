"""The only writer of generated trees: store, view, diff and patches."""
