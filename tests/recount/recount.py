"""An independent recount of a delivered zip. It shares no code with the portal: what it finds, it finds by itself.

From the zip alone: checksums; strict k over the declared keys; the diversity rule; how much of the keys is hidden.
With the generator's source file: how many of the eligible rows arrived, and sums. With a list of markers: none of them
anywhere in the zip, in any of the usual disguises.

    python tests/recount/recount.py ZIP [--source ONA.csv] [--choices choices.csv] [--markers markers.txt]

Prints a line per check; ends with 0 if all hold, 1 if one does not, 2 if the files cannot be read.
"""

import argparse
import csv
import hashlib
import io
import json
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

try:
    from tests.recount import leaks, sums
except ImportError:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from tests.recount import leaks, sums

UNANSWERED = {"", ".d", ".r", ".n", ".s"}
FEWEST_K = 5
PERSONAL = {"gender", "age", "age_band", "age_group", "nationality", "origin_region", "origin_subregion"}
SHOWN_KEYS = 0.85
# limits are written with six decimals
ROUNDING = 1e-6


class Unreadable(Exception):
    """The zip does not hold what a recount needs."""


@dataclass
class Verdict:
    """What was checked, in words, and what did not hold."""

    good: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    def say(self, holds, words):
        (self.good if holds else self.bad).append(words)


def read_members(path_or_file):
    """Return every member's bytes by name."""
    try:
        with zipfile.ZipFile(path_or_file) as archive:
            names = archive.namelist()
            if len(set(names)) != len(names):
                raise Unreadable("zip: a name occurs twice")
            return {name: archive.read(name) for name in names}
    except zipfile.BadZipFile as error:
        raise Unreadable(f"zip: {error}") from error


def read_rows(data):
    """Return the header and the rows of a CSV, as text, nothing converted."""
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    header, rows = lines[0], lines[1:]
    if any(len(row) != len(header) for row in rows):
        raise Unreadable("data.csv: a row has another number of cells than the header")
    return header, rows


def column(header, rows, name):
    if name not in header:
        raise Unreadable(f"data.csv: has no column {name}, which the report declares")
    place = header.index(name)
    return [row[place] for row in rows]


def check_sums(members, verdict):
    """Every member is listed once and is what its checksum says."""
    listed = {}
    for line in members.get("SHA256SUMS", b"").decode().splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    verdict.say(
        set(listed) == set(members) - {"SHA256SUMS"}, f"checksums: {len(listed)} listed, every other member once"
    )
    wrong = [n for n, digest in listed.items() if hashlib.sha256(members.get(n, b"")).hexdigest() != digest]
    verdict.say(not wrong, f"checksums: {len(wrong)} differ {' '.join(sorted(wrong))}".strip())


def check_k(header, rows, report, verdict):
    """Every combination of the declared keys is there k times; a hidden value is a value of its own."""
    keys, k = report["keys"], report["k"]
    if not keys:
        verdict.say(report["unit"] == "incident", "keys: none declared, which only a file of incidents may do")
        personal = PERSONAL & set(header)
        verdict.say(not personal, f"keys: no column about a person {' '.join(sorted(personal))}".strip())
        return [()] * len(rows)
    verdict.say(k >= FEWEST_K, f"k: {k} declared, at least {FEWEST_K} wanted")
    groups = list(zip(*(column(header, rows, key) for key in keys), strict=True))
    sizes = Counter(groups)
    small = sum(1 for size in sizes.values() if size < k)
    smallest = min(sizes.values(), default=0)
    verdict.say(bool(rows), f"rows: {len(rows)}")
    verdict.say(small == 0, f"k: {len(sizes)} groups over {len(keys)} keys, smallest {smallest}, {small} below {k}")
    hidden = sum(value == report["suppressed_code"] for group in groups for value in group)
    cells = len(groups) * len(keys)
    shown = 1 - hidden / cells if cells else 0
    verdict.say(shown >= SHOWN_KEYS, f"keys: {shown:.1%} of {cells} key values shown, {SHOWN_KEYS:.0%} wanted")
    return groups


def check_diversity(header, rows, groups, report, verdict):
    """In every group where a sensitive code occurs, not too many gave it and enough others did not."""
    for rule in report["diversity"]:
        answers = column(header, rows, rule["variable"])
        asked, given = Counter(), Counter()
        for group, answer in zip(groups, answers, strict=True):
            if answer not in UNANSWERED:
                asked[group] += 1
                given[group] += rule["code"] in answer.split()
        failing = [
            group
            for group, yes in given.items()
            if yes and (yes > (rule["max_share"] + ROUNDING) * asked[group] or asked[group] - yes < rule["min_no"])
        ]
        name = f"diversity: {rule['variable']}={rule['code']}"
        verdict.say(rule["max_share"] < 1 and rule["min_no"] >= 2, f"{name}: the limits protect somebody")
        verdict.say(not failing, f"{name}: {len(failing)} of {len(asked)} groups break it")


def check_shape(header, rows, report, verdict):
    """The file is what the report says it is: its columns, one row per pseudonym, in their order."""
    verdict.say(header == [c["name"] for c in report["columns"]], f"columns: {len(header)}, as the report declares")
    verdict.say(report["figures"]["rows"] == len(rows), f"rows: {len(rows)}, as the report declares")
    ids = column(header, rows, "record_id")
    verdict.say(len(set(ids)) == len(ids), "record_id: no two rows share one")
    verdict.say(ids == sorted(ids), "record_id: the rows are in its order")
    left = {"interview_id", "_uuid", "username", "deviceid", "phonenumber", "simserial", "_location"} & set(header)
    verdict.say(not left, f"columns: no identifier {' '.join(sorted(left))}".strip())


def recount(zip_file, *, source=None, choices=None, markers=()):
    """Run every check that the given files allow; ``source`` and ``choices`` are bytes, ``markers`` texts."""
    members, verdict = read_members(zip_file), Verdict()
    for name in ("data.csv", "disclosure_report.json", "SHA256SUMS"):
        if name not in members:
            raise Unreadable(f"zip: has no {name}")
    report = json.loads(members["disclosure_report.json"])
    header, rows = read_rows(members["data.csv"])
    check_sums(members, verdict)
    check_shape(header, rows, report, verdict)
    groups = check_k(header, rows, report, verdict)
    check_diversity(header, rows, groups, report, verdict)
    if source is not None:
        check = sums.check_incidents if report["unit"] == "incident" else sums.check_interviews
        check(members, (header, rows), report, (source, choices), verdict)
    found = leaks.search(members, markers)
    verdict.say(not found, f"leaks: {len(markers)} markers and the forms of identifiers sought, {len(found)} found")
    verdict.bad.extend(f"leak: {what} in {where}" for where, what in found)
    return verdict


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Recount a delivered zip independently of the portal.")
    parser.add_argument("zip", type=Path)
    parser.add_argument("--source", type=Path, help="the survey as the collection server exported it, or the incidents")
    parser.add_argument("--choices", type=Path, help="choices.csv with parents, to check sums of coarser answers")
    parser.add_argument("--markers", type=Path, help="one marker per line")
    chosen = parser.parse_args(arguments)
    try:
        verdict = recount(
            chosen.zip,
            source=chosen.source.read_bytes() if chosen.source else None,
            choices=chosen.choices.read_bytes() if chosen.choices else None,
            markers=chosen.markers.read_text(encoding="utf-8").splitlines() if chosen.markers else (),
        )
    except (Unreadable, OSError) as error:
        print(f"cannot recount: {error}")
        return 2
    for words in verdict.good:
        print(f"ok    {words}")
    for words in verdict.bad:
        print(f"FAILS {words}")
    print("recount: " + ("everything holds" if not verdict.bad else f"{len(verdict.bad)} checks fail"))
    return 1 if verdict.bad else 0


if __name__ == "__main__":
    sys.exit(main())
