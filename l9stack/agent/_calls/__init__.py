"""One call, from its arguments to its answer: checked, run, bounded, governed, recorded."""
