"""Stopping at once, and what follows: freezes, incidents, the clock of the law."""
