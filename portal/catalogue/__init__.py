"""Datasets, their versions and codebooks."""
