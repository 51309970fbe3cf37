"""The code of a co-owner's part: it stands where a region's code stands, and no region has one like it.

>>> code(12), organisation_of("owner:12"), organisation_of("WANA")
('owner:12', 12, None)
>>> logged("owner:12"), logged("WANA")
('co_owner', 'WANA')
"""

PREFIX = "owner:"


def code(organisation_id: int) -> str:
    """Return the code of an organisation's part."""
    return f"{PREFIX}{organisation_id}"


def logged(office: str) -> str:
    """Return the log's word for an office; which co-owner it is, says the thing it is about."""
    return office if organisation_of(office) is None else "co_owner"


def organisation_of(office: str) -> int | None:
    """Return the organisation (its id) whose part a code names, None for a region's."""
    number = office.removeprefix(PREFIX)
    return int(number) if office.startswith(PREFIX) and number.isdecimal() else None
