"""How soon a region usually decides: from its own record, in working days of its office."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median

from sqlalchemy import func, select

from portal import clock
from portal.catalogue import worktime
from portal.db import session
from portal.requests.models import Track

LOOK_BACK = dt.timedelta(days=365)
LAST, LEAST = 20, 3
"""How many of a region's last decisions count, and how many there must be before anything is said of them."""

SPOKEN = ("approved", "approved_in_part", "declined")


def usual(regions: Iterable[str]) -> Mapping[str, int]:
    """Return the whole working days (0 or more) in which each region decided half of its last parts.

    A region of too short a record is left out: nothing is promised for it.
    """
    newest = func.row_number().over(partition_by=Track.region, order_by=(Track.decided_at.desc(), Track.id))
    spoken = (
        select(Track.region, Track.opened_at, Track.decided_at, newest.label("newest"))
        .where(Track.region.in_(list(regions)), Track.status.in_(SPOKEN))
        .where(Track.decided_at > clock.now() - LOOK_BACK)
        .subquery()
    )
    took: dict[str, list[int]] = defaultdict(list)
    for region, opened, decided, _newest in session().execute(select(spoken).where(spoken.c.newest <= LAST)):
        took[region].append(worktime.between(region, opened, decided))
    return {region: math.ceil(median(days)) for region, days in took.items() if len(days) >= LEAST}
