"""The row side of local suppression, on several engines: count distinct keys, join a plan back to rows, write out."""
