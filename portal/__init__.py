"""The 4Mi data portal: partners ask, regions decide, protected files leave, every access is provable."""
