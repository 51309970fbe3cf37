"""What the portal tells people: their own list of messages, how each kind comes, their calendar, and the outbox."""
