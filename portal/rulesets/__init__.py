"""Rule sets: what happens to each variable of a tier, as versioned records that two people change together."""
