"""The recount passes what is right and fails, by name, what was broken by hand."""

import ast
import base64
import csv
import hashlib
import io
import json
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exports.package import PackagedVariable, build
from tests.core.exports.content import a_content, frame
from tests.recount import leaks, recount

HERE = Path(recount.__file__).parent
MARKER = "Zéphyrine O'Quenouillard-004217"


def unpack(data):
    return recount.read_members(io.BytesIO(data))


def repack(members):
    """Pack members again with checksums that fit, so that only what was broken is found."""
    sums = "".join(f"{hashlib.sha256(d).hexdigest()}  {n}\n" for n, d in members.items() if n != "SHA256SUMS")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in (members | {"SHA256SUMS": sums.encode()}).items():
            archive.writestr(name, data)
    return packed.getvalue()


@pytest.fixture(scope="module")
def good():
    return unpack(build(a_content(frame=frame(per_class=6))))


def verdict_of(members, **more):
    return recount.recount(io.BytesIO(repack(members)), **more)


def with_rows(members, change):
    """Give the members with data.csv changed by ``change(rows)``, rows as dictionaries."""
    rows = list(csv.DictReader(io.StringIO(members["data.csv"].decode(), newline="")))
    header = list(rows[0])
    rows = change(rows) or rows
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header)
    writer.writeheader()
    writer.writerows(rows)
    return members | {"data.csv": text.getvalue().encode()}


def with_report(members, **changes):
    return members | {
        "disclosure_report.json": json.dumps(json.loads(members["disclosure_report.json"]) | changes).encode()
    }


def test_a_right_package_holds(good):
    verdict = verdict_of(good, markers=[MARKER])
    assert verdict.bad == []
    assert len(verdict.good) >= 10


def test_one_group_broken_by_hand_is_found(good):
    def move(rows):
        rows[0]["gender"], rows[1]["gender"] = "woman", "woman"

    (complaint,) = verdict_of(with_rows(good, move)).bad
    assert complaint == "k: 13 groups over 4 keys, smallest 4, 1 below 5"


def test_exactly_k_is_enough(good):
    assert verdict_of(with_rows(good, lambda rows: rows[0].update(gender="woman"))).bad == []


def test_a_value_hidden_in_one_row_alone_breaks_its_group(good):
    assert any(
        words.startswith("k: 14") for words in verdict_of(with_rows(good, lambda rows: rows[0].update(year=".s"))).bad
    )


def test_one_diversity_block_broken_by_hand_is_found(good):
    def reveal(rows):
        for row in rows[:4]:
            row["exp_types"] = "physical sexual"

    (complaint,) = verdict_of(with_rows(good, reveal)).bad
    assert complaint == "diversity: exp_types=sexual: 1 of 13 groups break it"


def test_missing_answers_add_nothing_to_safety(good):
    def silence(rows):
        for row in rows[:6]:
            row["exp_types"] = row["exp_types"] if "sexual" in row["exp_types"] else ".r"

    assert verdict_of(with_rows(good, silence)).bad == ["diversity: exp_types=sexual: 1 of 13 groups break it"]


def test_too_many_hidden_keys_are_found(good):
    def hide(rows):
        for row in rows:
            row["region"] = ".s"

    (complaint,) = verdict_of(with_rows(good, hide)).bad
    assert complaint.startswith("keys: 73.1% of 312")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"k": 1}, "k: 1 declared"),
        ({"k": 7}, "k: 13 groups over 4 keys, smallest 6, 13 below 7"),
        ({"keys": []}, "keys: none declared"),
        (
            {"diversity": [{"variable": "exp_types", "code": "sexual", "max_share": 1.0, "min_no": 0}]},
            "diversity: exp_types=sexual: the limits",
        ),
        ({"figures": {"rows": 77}}, "rows: 78, as the report"),
    ],
)
def test_a_report_cannot_promise_the_problem_away(good, changes, complaint):
    assert [words for words in verdict_of(with_report(good, **changes)).bad if words.startswith(complaint)]


def test_a_changed_byte_is_found_by_its_checksum(good):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in good.items():
            archive.writestr(name, data + b" " if name == "terms.html" else data)
    verdict = recount.recount(io.BytesIO(packed.getvalue()))
    assert verdict.bad == ["checksums: 1 differ terms.html"]


def test_a_member_that_is_not_listed_is_found(good):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in (good | {"extra.txt": b"x"}).items():
            archive.writestr(name, data)
    assert recount.recount(io.BytesIO(packed.getvalue())).bad == ["checksums: 12 listed, every other member once"]


def test_rows_out_of_the_order_of_their_pseudonyms_are_found(good):
    assert verdict_of(with_rows(good, lambda rows: rows.reverse())).bad == ["record_id: the rows are in its order"]


def planted(good, name, data):
    return verdict_of(good | {name: good[name] + data}, markers=[MARKER]).bad


def shifted(text, ahead):
    return base64.b64encode(b"x" * ahead + text)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "disguise",
    [
        str.encode,
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: shifted(text.encode(), 0),
        lambda text: shifted(text.encode(), 1),
        lambda text: shifted(text.encode(), 2),
        lambda text: shifted(text.encode("utf-16-le"), 1),
        lambda text: b"\n".join([shifted(text.encode(), 4)[:20], shifted(text.encode(), 4)[20:]]),
        lambda text: text.replace("'", "&#x27;").encode(),
        lambda text: json.dumps(text).encode(),
        lambda text: text.upper().encode(),
        lambda text: text.replace(" ", "\n  ").encode(),
    ],
)
def test_a_planted_marker_is_found_in_every_disguise(good, form, disguise):
    (_, *found) = planted(good, "codebook.html", b"<p>" + disguise(unicodedata.normalize(form, MARKER)) + b"</p>")
    assert found
    assert all("codebook.html" in words for words in found)


def test_a_marker_inside_the_workbook_is_found(good):
    table = frame()
    table.loc[3, "remark"] = MARKER
    made = unpack(build(a_content(frame=table)))
    found = verdict_of(made, markers=[MARKER]).bad
    assert any("data.xlsx!xl/sharedStrings.xml" in words for words in found)
    assert any("data.csv" in words for words in found)
    assert not any(MARKER in words for words in found), "a complaint never repeats a marker whole"


@given(
    st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=8, max_size=20),
    st.binary(max_size=40),
    st.binary(max_size=40),
)
def test_base64_hides_no_marker_wherever_it_begins(marker, before, after):
    needles = dict.fromkeys(leaks.disguises(marker), marker)
    form = unicodedata.normalize("NFC", marker).encode()
    assert leaks.find(before + base64.b64encode(before + form + after) + after, needles) == {marker}
    assert leaks.find(before + form + after, needles) == {marker}


def test_nothing_is_found_where_nothing_is():
    assert leaks.find(b"", {b"12345678": "x"}) == set()
    assert leaks.find(b"1234567", {b"12345678": "x"}) == set()
    assert leaks.find(b"0012345678", {b"12345678": "x", b"short": "y"}) == {"x"}


@pytest.mark.parametrize("identifier", ["someone@example.org", "+000 7123456", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"])
def test_identifiers_are_found_without_a_list(good, identifier):
    assert len(verdict_of(good | {"README.html": good["README.html"] + identifier.encode()}).bad) == 2


# the source

SENT = {"yes": "Yes", "no": "No", ".r": "Refused"}
PLACES = {"NER": "Niger", "LBY": "Libya", "NA": "NA"}


def a_source(**changes):
    """A survey of which ``frame()`` without its hidden country could be the protected file."""
    rows = [
        {
            "_uuid": f"u{place}",
            "today": f"{row.year}-03-01",
            "consent_scope": "share_anon",
            "qc_flag": "ok",
            "interview_country": PLACES[row.country],
            "interview_date": f"{row.year}-03-01" if place % 5 else f"01/03/{row.year}",
            "drivers": {".d": "Don't know", ".n": "nc"}.get(row.drivers, row.drivers),
            "smuggler_use": SENT[row.smuggler_use],
        }
        for place, row in enumerate(shown().itertuples(index=False))
    ]
    rows[3]["interview_country"] = " niger "
    extra = [
        rows[0],
        rows[5] | {"_uuid": "mmc", "consent_scope": "mmc_only"},
        rows[6] | {"_uuid": "bad", "qc_flag": "excluded"},
    ]
    question = dict.fromkeys(rows[0], "What is it?")
    table = pd.DataFrame([question, *rows, *extra]).assign(**changes)
    return table.to_csv(index=False).encode("utf-8-sig")


def shown():
    table = frame()
    return table[table["country"] != ".s"].reset_index(drop=True)


@pytest.fixture(scope="module")
def selected():
    return unpack(build(a_content(frame=shown())))


def test_a_file_that_says_what_was_sent_holds(selected):
    verdict = verdict_of(selected, source=a_source())
    assert verdict.bad == []
    assert "rows: 72 of 72 eligible (100.0%), 90% wanted" in verdict.good
    assert any(words.startswith("sums: drivers: ") for words in verdict.good)
    assert any(words.startswith("sums: smuggler_use: ") for words in verdict.good)


def test_too_few_of_the_eligible_rows_are_found():
    few = shown().groupby(["country", "year", "gender"]).head(5).reset_index(drop=True)
    bad = verdict_of(unpack(build(a_content(frame=few))), source=a_source()).bad
    assert bad == ["rows: 60 of 72 eligible (83.3%), 90% wanted"]


def test_answers_that_nobody_sent_are_found(selected):
    def invent(rows):
        for row in rows[:40]:
            row["smuggler_use"] = "yes"

    (complaint,) = verdict_of(with_rows(selected, invent), source=a_source()).bad
    assert complaint.startswith("sums: smuggler_use")
    assert "codes too many ['yes']" in complaint


def test_answers_lost_on_the_way_are_found(selected):
    def lose(rows):
        for row in rows:
            row["drivers"] = ".d" if row["drivers"] == "economic" else row["drivers"]

    (complaint,) = verdict_of(with_rows(selected, lose), source=a_source()).bad
    assert "too few ['economic']" in complaint


def test_rows_moved_to_another_year_are_found(selected):
    def move(rows):
        for row in rows:
            row["year"] = "2020"

    bad = verdict_of(with_rows(selected, move), source=a_source()).bad
    assert any("with more rows than were sent" in words for words in bad)


def incidents(numbers, *, repeat=1):
    rows = [
        {"incident_year": year, "reported_month": "January", "latitude": place, "longitude": "2", "cause_of_death": "Violence", "total_number_of_dead_and_missing": f"{number}.0"}
        for year, place, number in numbers
    ]  # fmt: skip
    return pd.DataFrame([*rows, *rows[:repeat]])


def an_event_package(table):
    once = table.drop_duplicates().reset_index(drop=True)
    made = pd.DataFrame({"record_id": [f"E{place}" for place in range(len(once))], "year": once["incident_year"]})
    made["deaths"] = once["total_number_of_dead_and_missing"].str.removesuffix(".0")
    made["reports"] = ["2", *["1"] * (len(made) - 1)]
    variables = tuple(
        PackagedVariable(name=name, label_en=name, label_fr=name, type="integer") for name in made.columns[1:]
    )
    content = a_content(k=0, keys=(), diversity=(), frame=made.astype("str"), variables=variables, synthetic=False)
    return unpack(build(content))


def test_a_file_of_incidents_is_summed_against_its_source():
    table = incidents([("2019", "11.5", 3), ("2019", "12.5", 4), ("2020", "13.5", 2)])
    source, made = table.to_csv(index=False).encode(), an_event_package(table)
    verdict = verdict_of(made, source=source)
    assert verdict.bad == []
    assert "incidents: 3 of 3 in the years of the file" in verdict.good
    assert "incidents: 4 reports of 4" in verdict.good
    assert "sums: deaths: 9 of 9 sent, each incident once; years wrong []" in verdict.good

    for change in ({"deaths": "2"}, {"deaths": "30"}, {"year": "2020"}):
        (complaint,) = verdict_of(with_rows(made, lambda rows, new=change: rows[0].update(new)), source=source).bad
        assert complaint.startswith("sums: deaths: ")
    assert len(verdict_of(with_rows(made, lambda rows: rows[0].update(reports="3")), source=source).bad) == 1


def test_a_file_of_persons_cannot_pass_for_one_of_incidents(good):
    bad = verdict_of(with_report(good, keys=[], k=0, unit="incident", diversity=[])).bad
    assert bad == ["keys: no column about a person gender"]


# the command


def run(*arguments):
    done = subprocess.run(
        [sys.executable, str(HERE / "recount.py"), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_the_command_says_in_words_and_in_its_exit_what_it_found(tmp_path, good):
    whole, broken, markers = tmp_path / "good.zip", tmp_path / "broken.zip", tmp_path / "markers.txt"
    whole.write_bytes(repack(good))
    broken.write_bytes(repack(with_rows(good, lambda rows: [row.update(gender="woman") for row in rows[:2]] and None)))
    markers.write_text(f"{MARKER}\n", encoding="utf-8")
    status, words = run(whole, "--markers", markers)
    assert (status, words.splitlines()[-1]) == (0, "recount: everything holds")
    status, words = run(broken)
    assert (status, words.splitlines()[-1]) == (1, "recount: 1 checks fail")
    assert "FAILS k: 13 groups over 4 keys, smallest 4, 1 below 5" in words
    (tmp_path / "no.zip").write_bytes(b"not a zip")
    status, words = run(tmp_path / "no.zip")
    assert (status, words.startswith("cannot recount: zip")) == (2, True)


def test_a_zip_without_its_report_cannot_be_recounted(good):
    with pytest.raises(recount.Unreadable, match=r"disclosure_report\.json"):
        verdict_of({name: data for name, data in good.items() if name != "disclosure_report.json"})


@pytest.mark.parametrize("name", ["recount.py", "leaks.py", "sums.py"])
def test_the_recount_shares_no_code_with_the_portal(name):
    tree = ast.parse((HERE / name).read_text(encoding="utf-8"))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(module.split(".")[0] in {"portal", "config", "wsgi"} for module in named)
