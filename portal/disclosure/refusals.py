"""What the engine refuses. Bad input is a ValueError too, so that an analyst needs no portal to catch it."""

from portal.errors import PortalError, Withheld


class BadInput(PortalError, ValueError):
    """The data or the rule set cannot be used as given; the text names the column or field, then the fact."""


class CannotMeet(Withheld):
    """The rule cannot be met on these rows; the text says which and why."""
