"""Tables instead of records: counts and sums over chosen columns, protected so that margins give nothing back."""
