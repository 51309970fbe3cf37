"""What can be found about a file, its columns, its rows and its events.

The sentences are English and marked for translation; the edges translate and fill them in.
"""

from collections.abc import Mapping
from types import MappingProxyType

from portal.catalogue.intake_severity import ERROR, INFO, N_, WARNING, Severity

OF_FILES: Mapping[str, tuple[Severity, str]] = MappingProxyType(
    {
        "not_text": (ERROR, N_("The file is %(kind)s, not a CSV: export it as CSV and upload that.")),
        "nul_bytes": (
            ERROR,
            N_("The file holds NUL bytes, so it is damaged or not text: export it again."),
        ),
        "empty_file": (ERROR, N_("The file is empty.")),
        "no_rows": (ERROR, N_("The file has a header but no interview.")),
        "wrong_delimiter": (
            ERROR,
            N_(
                "The columns are not separated by commas, semicolons or tabs: the header reads as one "
                "column. Save it as comma-separated CSV."
            ),
        ),
        "unsupported_delimiter": (
            ERROR,
            N_('The columns are separated by "%(delimiter)s": save the file with commas.'),
        ),
        "unreadable_rows": (
            ERROR,
            N_("The rows cannot be told apart: a quotation mark is probably left open."),
        ),
        "ragged_rows": (
            ERROR,
            N_(
                "%(count)d rows have more or fewer cells than the header has columns, first on rows "
                "%(rows)s: the delimiter or a quotation mark is wrong there."
            ),
        ),
        "too_many_columns": (ERROR, N_("There are %(count)d columns; at most %(limit)d can be read.")),
        "too_many_rows": (
            ERROR,
            N_("There are %(count)d rows; at most %(limit)d can be read: split the file."),
        ),
        "cell_too_long": (
            ERROR,
            N_(
                "%(count)d columns hold a cell of more than %(limit)d characters: a quotation mark is "
                "probably left open."
            ),
        ),
        "blank_column_name": (
            ERROR,
            N_("%(count)d columns with content have no name: name or remove them."),
        ),
        "duplicate_columns": (
            ERROR,
            N_("%(count)d columns occur more than once: %(columns)s. Keep one of each."),
        ),
        "missing_columns": (
            ERROR,
            N_("%(count)d columns that every import needs are missing: %(columns)s."),
        ),
        "wrong_types": (
            ERROR,
            N_("The codebook gives %(count)d variables a type that they cannot have: %(columns)s. Correct it there."),
        ),
        "encoding": (INFO, N_("The text is encoded as %(encoding)s.")),
        "byte_order_mark": (
            INFO,
            N_("The file began with a byte-order mark; it was taken off the first column's name."),
        ),
        "encoding_assumed": (
            WARNING,
            N_(
                "The file is not UTF-8. It was read as %(encoding)s, which decides %(count)d characters: "
                "check the accents, or export it again as UTF-8."
            ),
        ),
        "mojibake": (
            WARNING,
            N_("%(count)d characters look as if an accent had been decoded twice: check the export."),
        ),
        "delimiter": (INFO, N_("The columns are separated by %(delimiter)s.")),
        "label_row_found": (
            INFO,
            N_("The first row under the header holds the question texts; it was not read as an interview."),
        ),
        "label_row_reworded": (
            WARNING,
            N_(
                "The first row under the header looks like question texts, but worded unlike the "
                "codebook; it was not read as an interview."
            ),
        ),
        "label_row_missing": (
            WARNING,
            N_("There is no row of question texts under the header: the first row was read as an interview."),
        ),
        "system_columns": (
            INFO,
            N_("%(count)d columns of the collection system were left out of the dataset: %(columns)s."),
        ),
        "left_out_columns": (
            INFO,
            N_("%(count)d columns are free text or presumed and were left out: %(columns)s."),
        ),
        "enumerators": (INFO, N_("%(count)d enumerators stand in the file; only pseudonyms of them are kept.")),
        "unknown_columns": (
            WARNING,
            N_("%(count)d columns are not in the codebook and were left out: %(columns)s."),
        ),
        "absent_variables": (
            INFO,
            N_("%(count)d variables of the codebook are not in the file: %(columns)s."),
        ),
        "unknown_choice_columns": (
            ERROR,
            N_("%(variable)s: %(count)d choices are not in the codebook: %(labels)s. Add or map them."),
        ),
        "missing_uuid": (
            ERROR,
            N_(
                "%(count)d rows have no submission identifier (_uuid), first on rows %(rows)s: they cannot be imported."
            ),
        ),
        "duplicate_rows": (
            WARNING,
            N_("%(count)d rows repeat the submission identifier of an earlier row: one of each will count."),
        ),
        "conflicting_rows": (
            WARNING,
            N_("%(count)d rows repeat an identifier but differ in their answers: the first will count."),
        ),
        "near_duplicates": (
            WARNING,
            N_("%(count)d interviews are nearly the same as another one: at most %(limit)d answers differ."),
        ),
        "too_short": (WARNING, N_("%(count)d interviews lasted less than %(limit)d minutes.")),
        "too_long": (WARNING, N_("%(count)d interviews lasted more than %(limit)d minutes.")),
        "ends_before_start": (WARNING, N_("%(count)d interviews end before they start.")),
        "odd_hours": (WARNING, N_("%(count)d interviews began outside %(low)d:00 to %(high)d:00.")),
        "back_to_back": (
            WARNING,
            N_("%(count)d interviews began less than %(limit)d minutes after the same enumerator's last one ended."),
        ),
        "many_refusals": (WARNING, N_("%(count)d interviews hold more than %(limit)d refusals.")),
        "country_is_nationality": (
            WARNING,
            N_("%(count)d interviews took place in the respondent's own country of nationality."),
        ),
        "underage": (
            WARNING,
            N_("%(count)d respondents are under 18 in an instrument for adults, first on rows %(rows)s."),
        ),
        "parts_exceed_total": (WARNING, N_("%(count)d rows count more women, men or children than dead.")),
        "kinds_differ": (WARNING, N_("%(count)d totals are not the sum of dead and missing.")),
        "consent_scopes": (INFO, N_("Consent by scope: %(scopes)s. Only share_anon may leave.")),
        "no_consent": (
            ERROR,
            N_("%(count)d rows say that consent was not given: remove them from the file."),
        ),
        "undated_events": (
            ERROR,
            N_("%(count)d events have no usable year and month, first on rows %(rows)s: correct them."),
        ),
        "far_places": (
            WARNING,
            N_("%(count)d of %(rows_total)d events lie more than %(limit)d km from the nearest known place."),
        ),
        "no_coordinates": (WARNING, N_("%(count)d events have no usable coordinates.")),
        "no_country": (
            WARNING,
            N_("%(count)d events have no country: the global coordinator decides about them."),
        ),
        "repeated_events": (
            WARNING,
            N_("%(count)d events repeat another one's year, month, coordinates and number of dead."),
        ),
    }
)
