"""How often a property is tried. The same examples each time, and no clock: a busy machine is no counterexample."""

from hypothesis import settings

settings.register_profile("house", max_examples=50, derandomize=True, deadline=None)
settings.load_profile("house")
