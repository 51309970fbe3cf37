"""The workbook: about this package, data with labels, data with codes, codebook. Made in memory, never by a file.

Strings are written as strings whatever they look like; a number is a number because its variable is one. The writer
stamps its own clock on the file unless told otherwise, so the time is given.
"""

import datetime as dt
import io
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from portal.exports.package_cells import typed_cell
from portal.exports.package_columns import (
    Column,
    codebook_header,
    codebook_rows,
    typed_codes,
    typed_labels,
)
from portal.exports.package_content import PackageContent
from portal.exports.package_words import Words

# A sheet has 1,048,576 rows, one of them the header.
SHEET_ROWS = 1_048_575
MAX_WIDTH, MIN_WIDTH, SAMPLE = 44, 9, 400
Cells = Sequence[Sequence[str | int | float]]
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def workbook(
    content: PackageContent, columns: Sequence[Column], about: Sequence[tuple[str, str]], words: Words
) -> bytes:
    """Return the workbook's bytes; ``about`` are the lines of the first sheet."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, OPTIONS)
    book.set_properties(
        {
            "author": words("common.organisation"),
            "company": words("common.organisation"),
            "comments": words("common.synthetic_short") if content.synthetic else "",
            "created": content.created_at.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0),
        }
    )
    bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F4F6F8"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    _about(book.add_worksheet("README"), about, book.add_format({"bold": True, "valign": "top"}), wrap)
    names = [column.variable.name for column in columns]
    _grid(book.add_worksheet("labels"), names, [typed_labels(column, words) for column in columns], bold)
    _grid(book.add_worksheet("codes"), names, [typed_codes(column) for column in columns], bold)
    told: list[Sequence[str | int | float]] = list(zip(*codebook_rows(columns, words), strict=True))
    told[-1] = [typed_cell(str(records), "integer") for records in told[-1]]
    _grid(book.add_worksheet("codebook"), codebook_header(), told, bold)
    book.close()
    return target.getvalue()


def _about(sheet: Worksheet, lines: Sequence[tuple[str, str]], bold: Format, wrap: Format) -> None:
    """Write names and values, one line each."""
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    sheet.hide_gridlines(2)
    for row, (name, value) in enumerate(lines):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, value, wrap)


def _grid(sheet: Worksheet, names: Sequence[str], columns: Cells, bold: Format) -> None:
    """Write a header that stays in view and the columns under it."""
    sheet.freeze_panes(1, 1)
    for place, (name, cells) in enumerate(zip(names, columns, strict=True)):
        sheet.write_string(0, place, name, bold)
        longest = max((len(str(cell)) for cell in cells[:SAMPLE]), default=0)
        sheet.set_column(place, place, min(MAX_WIDTH, max(MIN_WIDTH, longest + 2, len(name) + 2)))
        for row, cell in enumerate(cells, start=1):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(row, place, cell)
            else:
                sheet.write_number(row, place, cell)
    if columns and columns[0]:
        sheet.autofilter(0, 0, len(columns[0]), len(names) - 1)
