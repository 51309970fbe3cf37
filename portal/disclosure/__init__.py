"""Disclosure control on arrays and frames: a pure library, usable without the portal."""
