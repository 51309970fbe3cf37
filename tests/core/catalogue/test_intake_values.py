"""One cell at a time: labels, numbers, dates, and what has two readings."""

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalogue.codebook import KIND_OF_CODE, Codebook, reference
from portal.catalogue.intake_values import Matcher, fold, read_date, read_number, readings_of_date

BOOK: Codebook = reference()
MATCHERS = {name: Matcher.of(name, choices.values()) for name, choices in BOOK.choices.items()}
CHOICES = [choice for choices in BOOK.choices.values() for choice in choices.values()]


def roughened(text: str, form: str, blanks: tuple[str, str], case: str) -> str:
    shaped = {"as is": text, "upper": text.upper(), "lower": text.lower()}[case]
    return blanks[0] + unicodedata.normalize(form, shaped) + blanks[1]


@given(
    choice=st.sampled_from(CHOICES),
    lang=st.sampled_from(["en", "fr"]),
    form=st.sampled_from(["NFC", "NFD"]),
    blanks=st.tuples(*[st.sampled_from(["", " ", "\N{NO-BREAK SPACE}", "\t "])] * 2),
    case=st.sampled_from(["as is", "upper", "lower"]),
)
def test_every_label_comes_back_as_its_code_however_it_is_typed(choice, lang, form, blanks, case):
    typed = roughened(choice.label(lang), form, blanks, case)
    reading = MATCHERS[choice.list].read(typed)
    if reading.way == "ambiguous_labels":
        same = [other for other in CHOICES if other.list == choice.list and fold(typed) in labels_of(other)]
        assert len(same) > 1
    else:
        assert (reading.value, reading.way) == (KIND_OF_CODE.get(choice.code, choice.code), "")


def labels_of(choice):
    return {fold(choice.label_en), fold(choice.label_fr)}


@given(choice=st.sampled_from(CHOICES))
def test_every_code_stands_for_itself(choice):
    assert MATCHERS[choice.list].read(choice.code).value == KIND_OF_CODE.get(choice.code, choice.code)


@pytest.mark.parametrize(
    ("list_", "written", "code"),
    [
        ("country", "NA", "NAM"),
        ("country", "Cote d'Ivoire", "CIV"),
        ("country", "Ivory Coast", "CIV"),
        ("place", "Kufrah", "KUF"),
        ("place", "Kurfrah", "KUF"),
        ("place", "Ougadougou", "OUA"),
        ("risk_types", "Trafficking or exploitation", "trafficking"),
        ("gender", "F", "woman"),
    ],
)
def test_known_other_spellings_are_read_and_counted(list_, written, code):
    assert MATCHERS[list_].read(written) == (code, "spelling_variants")


def test_every_known_spelling_means_a_choice_and_is_not_already_a_label():
    for name, matcher in MATCHERS.items():
        for word, code in matcher.spellings.items():
            assert code in BOOK.choices[name]
            assert word == fold(word)
            assert matcher.folded.get(word) is None, (name, word)


@pytest.mark.parametrize(
    ("written", "value"),
    [("Don't know", ".d"), ("Don’t know", ".d"), ("Ne sait pas", ".d"), ("REFUSED", ".r"), ("nc", ".n"), ("-98", ".d")],
)
def test_kinds_of_missing_are_told_apart(written, value):
    assert MATCHERS["gender"].read(written).value == value


@pytest.mark.parametrize("written", ["", "   ", "n/a", "N/A"])
def test_blank_is_skipped(written):
    assert MATCHERS["gender"].read(written).value == ""


def test_what_no_choice_fits_is_left_out_and_counted():
    assert MATCHERS["gender"].read("NA") == (".n", "unknown_codes")
    assert MATCHERS["admin1"].read("Centre") == (".n", "ambiguous_labels")


NUMBERS = """
12        12       -
12.0      12       -
+5        5        -
-5        -5       -
007       7        -
-98       .d       -
-99       .r       -
Refused   .r       -
1,5       .n       not_whole_or_comma
1.5       1.5      not_whole
twelve    .n       unreadable_numbers
12a       .n       unreadable_numbers
1e5       .n       unreadable_numbers
٣         3        -
"""


@pytest.mark.parametrize("line", [line for line in NUMBERS.strip().split("\n") if "or_comma" not in line])
def test_whole_numbers(line):
    written, value, way = line.split()
    assert read_number(written, whole=True) == (value, "" if way == "-" else way)


@pytest.mark.parametrize(
    ("written", "value", "way"),
    [
        ("660.00", "660.00", ""),
        ("12,5", "12.5", "decimal_commas"),
        ("12,50", "12.50", "decimal_commas"),
        ("0,125", "0.125", "decimal_commas"),
        ("1234,125", "1234.125", "decimal_commas"),
        ("1,250", ".n", "ambiguous_numbers"),
        ("12,500", ".n", "ambiguous_numbers"),
        ("1,250.50", "1250.50", ""),
        ("1,250,000", "1250000", ""),
        ("1 250", "1250", ""),
        ("1\N{NO-BREAK SPACE}250,75", "1250.75", "decimal_commas"),
        ("1.250,75", ".n", "unreadable_numbers"),
        ("-", ".n", "unreadable_numbers"),
        ("9" * 40, ".n", "unreadable_numbers"),
    ],
)
def test_decimals_in_the_ways_people_write_them(written, value, way):
    assert read_number(written, whole=False) == (value, way)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_a_plain_number_keeps_its_digits(number):
    if f"{number:f}" not in {"-98.00", "-99.00"}:
        assert read_number(f"{number:f}", whole=False).value == f"{number:f}"


DATES = """
2019-03-05                     2019-03-05  -
2019/3/5                       2019-03-05  -
2019-03-05T09:12:00.000+01:00  2019-03-05  -
2019-13-05                     2019-05-13  day_month_swapped
13/05/2019                     2019-05-13  day_month_swapped
05/13/2019                     2019-05-13  day_month_swapped
05/05/2019                     2019-05-05  day_month_swapped
03/05/2019                     .n          ambiguous_dates
2019-02-30                     .n          unreadable_dates
31/31/2019                     .n          unreadable_dates
43529                          2019-03-05  excel_serial_dates
43529.0                        2019-03-05  excel_serial_dates
36526                          2000-01-01  excel_serial_dates
36525                          .n          unreadable_dates
55153                          2050-12-31  excel_serial_dates
55154                          .n          unreadable_dates
yesterday                      .n          unreadable_dates
"""


@pytest.mark.parametrize("line", DATES.strip().split("\n"))
def test_dates(line):
    written, value, way = line.split()
    assert read_date(written, month_only=False) == (value, "" if way == "-" else way)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2019-03", "2019-03"),
        ("03/2019", "2019-03"),
        ("2019-03-05", "2019-03"),
        ("43529", "2019-03"),
        ("2019-13", ".n"),
    ],
)
def test_months(written, value):
    assert read_date(written, month_only=True).value == value


@given(st.dates(dt.date(2000, 1, 1), dt.date(2050, 12, 31)))
def test_iso_dates_and_excel_days_come_back_as_the_date(day):
    assert read_date(day.isoformat(), month_only=False) == (day.isoformat(), "")
    serial = str((day - dt.date(1899, 12, 30)).days)
    assert read_date(serial, month_only=False) == (day.isoformat(), "excel_serial_dates")


@given(st.dates(dt.date(2000, 1, 1), dt.date(2050, 12, 31)))
def test_a_date_with_two_readings_is_never_decided(day):
    reading = read_date(f"{day:%d/%m/%Y}", month_only=False)
    if day.day <= 12 and day.day != day.month:
        assert reading == (".n", "ambiguous_dates")
        assert readings_of_date(f"{day:%d/%m/%Y}") == {day, dt.date(day.year, day.day, day.month)}
    else:
        assert reading.value == day.isoformat()


@given(st.text(max_size=30))
def test_no_text_breaks_a_reader(text):
    assert read_number(text, whole=True).value is not None
    assert read_date(text, month_only=True).value is not None
    assert MATCHERS["place"].read(text).value is not None
