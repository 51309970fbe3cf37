"""What the portal achieves: how fast, with what outcome, for whom. It reads everything and changes one switch."""
