"""The release package: one zip, made wholly in memory, equal bytes for equal content.

No row touches a file on the way, and no clock is read: the zip's and the workbook's times are the content's own, so a
build that was killed and run again gives the very same bytes.
"""

import datetime as dt
import hashlib
import io
import zipfile
from collections.abc import Mapping

from portal.exports import package_citation, package_pages
from portal.exports.package_changes import changes_csv
from portal.exports.package_columns import codebook_csv, columns_of, data_csv, data_labels_csv
from portal.exports.package_content import Diversity, PackageContent, PackagedVariable, Scope
from portal.exports.package_facts import count
from portal.exports.package_report import counts_of, diversity_of, refuse_unprotected, report_dict, report_json
from portal.exports.package_sheets import SHEET_ROWS, workbook
from portal.exports.package_words import load

__all__ = ["Diversity", "PackageContent", "PackagedVariable", "Scope", "build", "counts_of", "diversity_of", "members"]

CHECKSUMS, CHANGES = "SHA256SUMS", "changes.csv"
ORDER = (
    "README.html",
    "data.csv",
    "data_labels.csv",
    "data.xlsx",
    CHANGES,
    "codebook.csv",
    "codebook.html",
    "methodology.html",
    "disclosure_report.html",
    "disclosure_report.json",
    "terms.html",
    "citation.txt",
    "citation.bib",
    CHECKSUMS,
)
FILE_MODE = 0o644
UNIX = 3


def build(content: PackageContent) -> bytes:
    """Return the zip's bytes. Raises Withheld when the rows break what the report would promise."""
    packed = io.BytesIO()
    stamp = _stamp(content.created_at)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members(content).items():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = UNIX
            entry.external_attr = FILE_MODE << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def members(content: PackageContent) -> dict[str, bytes]:
    """Return the members' bytes by name, in the order of the zip; the checksums come last and cover all others.

    More rows than a sheet holds: no data.xlsx, and README.html says so. changes.csv only where something came before.
    """
    words = load(content.language)
    columns, facts = columns_of(content), count(content)
    refuse_unprotected(content, facts)
    files = _files(content, facts.rows)
    about = package_pages.about_sheet(content, facts, words)
    makers = {
        "README.html": lambda: package_pages.readme(content, facts, files, words),
        "data.csv": lambda: data_csv(columns),
        "data_labels.csv": lambda: data_labels_csv(columns, words),
        "data.xlsx": lambda: workbook(content, columns, about, words),
        CHANGES: lambda: changes_csv(content),
        "codebook.csv": lambda: codebook_csv(columns, words),
        "codebook.html": lambda: package_pages.codebook_page(content, columns, words),
        "methodology.html": lambda: package_pages.methodology_page(content, facts, words),
        "disclosure_report.html": lambda: package_pages.report_page(content, facts, words),
        "disclosure_report.json": lambda: report_json(report_dict(content, facts, columns, words)),
        "terms.html": lambda: package_pages.terms(content, words),
        "citation.txt": lambda: package_citation.citation_text(content, words),
        "citation.bib": lambda: package_citation.citation_bib(content, words),
    }
    made = {name: makers[name]() for name in files if name != CHECKSUMS}
    return made | {CHECKSUMS: checksums(made)}


def _files(content: PackageContent, rows: int) -> list[str]:
    told = content.changes is not None and content.changes.readable
    left_out = {*(() if rows <= SHEET_ROWS else ("data.xlsx",)), *(() if told else (CHANGES,))}
    return [name for name in ORDER if name not in left_out]


def checksums(made: Mapping[str, bytes]) -> bytes:
    """Write one line per file as ``sha256sum --check`` reads it."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in made.items()).encode()


def _stamp(moment: dt.datetime) -> tuple[int, int, int, int, int, int]:
    """Return a zip's timestamp in UTC; zip counts in steps of two seconds."""
    utc = moment.astimezone(dt.UTC)
    return (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second // 2 * 2)
