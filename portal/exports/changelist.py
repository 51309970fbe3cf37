"""What changed between two deliveries of one request, record by record: added, changed or gone, never a value. Pure.

The record ids of one request are stable, so whoever holds both deliveries could find the same.
"""

import csv
import io

from portal.exports.package_content import ADDED, CHANGED, GONE, RECORD_ID, Changes


def between(reference: str, before: bytes, now: bytes) -> Changes:
    r"""Compare two data.csv: columns that only one of them has are left out of the comparison.

    >>> between("A", b"record_id,x\r\n1,a\r\n2,b\r\n", b"record_id,x\r\n2,c\r\n3,d\r\n").records
    (('1', 'gone'), ('2', 'changed'), ('3', 'added'))
    """
    (old_names, old), (new_names, new) = _read(before), _read(now)
    shared = [name for name in new_names if name in old_names]
    told = dict.fromkeys(new.keys() - old.keys(), ADDED) | dict.fromkeys(old.keys() - new.keys(), GONE)
    told |= {
        record: CHANGED
        for record in new.keys() & old.keys()
        if any(new[record][name] != old[record][name] for name in shared)
    }
    return Changes(reference, tuple(sorted(told.items())), same=len(new.keys() & old.keys()) - _count(told, CHANGED))


def _count(told: dict[str, str], what: str) -> int:
    return sum(one == what for one in told.values())


def _read(data: bytes) -> tuple[list[str], dict[str, dict[str, str]]]:
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    names = [name for name in rows.fieldnames or () if name != RECORD_ID]
    return names, {row[RECORD_ID]: row for row in rows}
