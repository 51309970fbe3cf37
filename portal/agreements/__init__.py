"""Agreements between MMC and partners, and what their terms allow."""
