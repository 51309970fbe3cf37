"""Sums against the source: what arrived is what was sent, less what the treatment says was taken away.

The source is dirty on purpose, and is read here by other means than the portal's: labels folded to plain letters,
years picked out of whatever the date looks like. A cell that cannot be read so is counted as slack, never guessed.
"""

import csv
import datetime as dt
import io
import re
import unicodedata
from collections import Counter

PRESENT = 0.90
MISSING_LABELS = {"dontknow", "refused", "nc", "98", "99"}
OTHER, NOTHING = "other", {"0", "none", "no"}
UNANSWERED = {"", ".d", ".r", ".n", ".s"}
EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
DEAD = "total_number_of_dead_and_missing"
REPEATED = ("incident_year", "reported_month", "latitude", "longitude", DEAD, "cause_of_death")
# what the file calls the source's counts; the number of dead is the same in all reports of an incident, others may not
COUNTS = {
    "deaths": DEAD,
    "women": "number_of_females",
    "men": "number_of_males",
    "children": "number_of_children",
    "survivors": "number_of_survivors",
}
ROUNDING = 1e-6


def fold(text):
    """Return only the letters and digits of a text, without accents or case."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in bare if sign.isalnum() and not unicodedata.combining(sign))


def table(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def without_questions(rows):
    """Leave out the row of question texts under the header, if there is one."""
    return rows[1:] if rows and not re.search(r"\d", rows[0].get("today", "") + rows[0].get("_id", "")) else rows


def year_of(text):
    """Return the year in a date however it is written, or ""."""
    if re.fullmatch(r"\d{5}", text):
        return str((EXCEL_DAY_ZERO + dt.timedelta(days=int(text))).year)
    found = re.search(r"(?<!\d)(19|20)\d\d(?!\d)", text)
    return found.group() if found else ""


def eligible(rows):
    """Return the rows with consent to share that quality control kept, each submission once."""
    once = {}
    for row in rows:
        once.setdefault(row["_uuid"].strip(), row)
    return [
        row
        for row in once.values()
        if row.get("consent_scope", "").strip() == "share_anon" and row.get("qc_flag", "").strip() != "excluded"
    ]


def labels_of(members):
    """Return {variable: {folded English label or code: code}} from the zip's own codebook."""
    known = {}
    for line in table(members["codebook.csv"]):
        code = line["code"].removeprefix("'")
        if code and not code.startswith((".", "(")):
            words = known.setdefault(line["variable"], {})
            words[fold(line["code_label_en"])] = code
            words[fold(code)] = code
    return known


def check_interviews(members, data, report, sources, verdict):
    """Compare a file of interviews with the survey it was made from."""
    header, rows = data
    source, choices = sources
    sent, places = _in_scope(members, header, rows, eligible(without_questions(table(source))))
    share = len(rows) / len(sent) if sent else 0.0
    verdict.say(share >= PRESENT, f"rows: {len(rows)} of {len(sent)} eligible ({share:.1%}), {PRESENT:.0%} wanted")
    verdict.say(len(rows) <= len(sent) + places.unread, f"rows: no more than the {len(sent)} eligible")
    _check_cells(header, rows, sent, places, verdict)
    parents = _parents(choices) if choices else {}
    for told in report["columns"]:
        if told["role"] == "variable" and told["name"] in (sent[0] if sent else {}):
            cells = [row[told["name"]] for row in sent]
            codes = _Codes(labels_of(members).get(told["name"], {}), told, parents, cells)
            _check_variable(told, (header, rows), cells, codes, verdict)


class _Places:
    """Reads a source row's country and year; counts the rows whose country or year cannot be read."""

    def __init__(self, members):
        self.codes = labels_of(members).get("country", {})
        self.unread = 0

    def of(self, row):
        country = self.codes.get(fold(row.get("interview_country", "")), "")
        return country, year_of(row.get("interview_date", "")) or year_of(row.get("today", ""))


def _in_scope(members, header, rows, sent):
    """Return the eligible rows of the countries and years that the file was filtered on.

    A file filtered on a key holds no row in which that key is hidden; one that does was not filtered on it.
    """
    places = _Places(members)
    shown = [{row[header.index(name)] for row in rows} for name in ("country", "year")]
    whole = [bool(UNANSWERED & values) for values in shown]
    kept = []
    for row in sent:
        country, year = places.of(row)
        places.unread += not year
        if (whole[0] or country in shown[0]) and (whole[1] or year in shown[1]):
            kept.append(row)
    return kept, places


def _check_cells(header, rows, sent, places, verdict):
    """No country and year has more rows than were sent."""
    wanted = Counter(places.of(row) for row in sent)
    got = Counter((row[header.index("country")], row[header.index("year")]) for row in rows)
    over = [
        cell for cell, number in got.items() if not UNANSWERED & set(cell) and number > wanted[cell] + places.unread
    ]
    verdict.say(not over, f"rows: {len(got)} pairs of country and year, {len(over)} with more rows than were sent")


def _parents(choices):
    """Return, by list, {folded label or code: parent code}."""
    found = {}
    for line in table(choices):
        if line["parent_code"]:
            up = found.setdefault(line["list"], {})
            up[fold(line["label_en"])] = up[fold(line["code"])] = line["parent_code"]
    return found


class _Codes:
    """Turns a source cell into the codes the file should hold, by the treatment the report states."""

    def __init__(self, words, told, parents, cells):
        self.words, self.multiple, self.how = words, told["type"] == "multiple", told["treatment"]
        if self.how == "parents":
            seen = {fold(part) for cell in cells for part in self._parts(cell)}
            best = max(parents.values(), key=lambda up: len(seen & set(up)), default={})
            self.words = best if seen & set(best) else {}

    def known(self):
        return self.how in {"keep", "parents"} and bool(self.words)

    def _parts(self, cell):
        return cell.split() if self.multiple else [cell]

    def of(self, cell):
        """Return the codes of a cell, an empty set if it holds no answer, None if it cannot be read."""
        if not cell.strip() or fold(cell) in MISSING_LABELS:
            return set()
        codes = {"0" if part == "0" else self.words.get(fold(part)) for part in self._parts(cell)}
        return None if None in codes else codes


def _check_variable(told, data, sent, codes, verdict):
    """For every code: no more answers than were sent, and no fewer than sent less what was hidden or left out."""
    header, rows = data
    name = told["name"]
    if not codes.known():
        return
    place = header.index(name)
    cells = [row[place] for row in rows]
    got = Counter(code for cell in cells if cell not in UNANSWERED for code in set(cell.split()))
    read = [codes.of(cell) for cell in sent]
    blank = sum(not cell.strip() for cell in sent)
    unread = sum(one is None for one in read)
    wanted = Counter(code for one in read if one for code in one)
    taken = max(0, len(sent) - len(rows)) + cells.count(".s") + sum(OTHER in cell.split() for cell in cells)
    extra = {code: blank if code in NOTHING else 0 for code in got}
    over = [c for c, n in got.items() if c != OTHER and n > wanted[c] + unread + extra[c]]
    under = [c for c, n in wanted.items() if n - got[c] > taken + unread and c != OTHER]
    verdict.say(
        not over and not under,
        f"sums: {name}: {sum(got.values())} answers of {sum(wanted.values())} sent, {taken} rows hidden, grouped or left"
        f" out, {unread} unread; codes too many {over}, too few {under}",
    )


def _number(text):
    try:
        return float(text)
    except ValueError:
        return 0.0


def check_incidents(members, data, report, sources, verdict):
    """Compare a file of incidents with the incidents it was made from: each once, none larger than it was."""
    header, rows = data
    got = [dict(zip(header, row, strict=True)) for row in rows]
    years = {row["year"] for row in got}
    sent = [row for row in table(sources[0]) if row["incident_year"] in years]
    once = list({tuple(row[name].strip() for name in REPEATED): row for row in sent}.values())
    verdict.say(len(got) <= len(once), f"incidents: {len(got)} of {len(once)} in the years of the file")
    whole = len(got) == len(once)
    reports = sum(int(row["reports"]) for row in got)
    right = reports == len(sent) if whole else len(got) <= reports <= len(sent)
    verdict.say(right, f"incidents: {reports} reports of {len(sent)}")
    for name, source in COUNTS.items():
        if name in header:
            exact = whole and name == "deaths"
            _check_count((name, source), got, once if name == "deaths" else sent, exact, verdict)


def _check_count(names, got, sent, exact, verdict):
    """Per year, no more was counted than was sent; ``exact``: and no less."""
    name, source = names
    wanted, arrived = Counter(), Counter()
    for row in sent:
        wanted[row["incident_year"]] += _number(row[source])
    for row in got:
        arrived[row["year"]] += _number(row[name])
    wrong = [
        year
        for year in arrived
        if arrived[year] > wanted[year] + ROUNDING or (exact and abs(arrived[year] - wanted[year]) > ROUNDING)
    ]
    verdict.say(
        not wrong,
        f"sums: {name}: {sum(arrived.values()):.0f} of {sum(wanted.values()):.0f} sent"
        f"{', each incident once' if exact else ''}; years wrong {wrong}",
    )
