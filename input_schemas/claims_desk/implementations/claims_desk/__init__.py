"""What the claims desk's own people wrote: functions that the agents' operations call."""
