"""Data requests and their regional tracks."""
