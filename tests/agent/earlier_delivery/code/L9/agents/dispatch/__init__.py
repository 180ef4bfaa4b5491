"""Dispatch: Assigns vans to collection requests, and keeps what is known about vans and depots."""
