"""The shape of the public incident file: IOM Missing Migrants Project, missingmigrants.iom.int, CC BY 4.0.

Its numbers are minimum estimates, and a count of 0 women, men or children also stands for "not known".
"""

from collections.abc import Mapping
from types import MappingProxyType

COUNTS: Mapping[str, str] = MappingProxyType(
    {
        "deaths": "total_number_of_dead_and_missing",
        "women": "number_of_females",
        "men": "number_of_males",
        "children": "number_of_children",
        "survivors": "number_of_survivors",
    }
)
"""Our counts and the columns they come from."""

NEEDED = ("incident_year", "reported_month", "total_number_of_dead_and_missing", "latitude", "longitude")
USED = frozenset(
    {*NEEDED, *COUNTS.values(), "number_of_dead", "minimum_estimated_number_of_missing"}
    | {"cause_of_death", "migration_route"}
)
LEFT_OUT = frozenset(
    {"incident_type", "region_of_origin", "region_of_incident", "country_of_origin", "location_of_death"}
    | {"information_source", "unsd_geographical_grouping"}
)
"""Columns of the file that are free text, the same for all, or presumed by somebody: none goes further."""

CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "mixed or unknown": "mixed",
        "sickness / lack of access to adequate healthcare": "sickness",
        "vehicle accident / death linked to hazardous transport": "vehicle",
        "harsh environmental conditions / lack of adequate shelter, food, water": "harsh",
        "accidental death": "other",
    }
)
ROUTES: Mapping[str, str] = MappingProxyType(
    {
        "western africa / atlantic route to the canary islands": "war",
        "darien": "darien",
        "us-mexico border crossing": "us_mexico",
    }
)
FIRST_YEAR, LAST_YEAR = 2014, 2100
MOST_DEAD = 5_000
