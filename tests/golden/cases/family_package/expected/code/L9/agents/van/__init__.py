"""Van: Assigns a van to a request."""
