"""Work that takes longer than a page: a row is the truth, the queue only rings a doorbell."""
