"""What a package says of the delivery before it: the list for programs, and the sentences for people."""

from portal.exports.package_cells import csv_bytes
from portal.exports.package_content import ADDED, CHANGED, GONE, RECORD_ID, SYNTHETIC, PackageContent
from portal.exports.package_html import Html, paragraphs, section
from portal.exports.package_words import Words

MERGED = "merged"


def changes_csv(content: PackageContent) -> bytes:
    """Return changes.csv: a record and what happened to it, one line each, and never a value."""
    mark = [SYNTHETIC] if content.synthetic else []
    records = content.changes.records if content.changes else ()
    return csv_bytes([RECORD_ID, "change", *mark], ([*one, *mark] for one in records), mark=False)


def told(content: PackageContent, words: Words) -> list[str]:
    """Return what changed since the delivery before, as sentences; nothing in a first one."""
    changes = content.changes
    if changes is None:
        return []
    if not changes.readable:
        return [words("changes.unreadable", reference=changes.reference)]
    counted = {what: words.number(changes.count(what)) for what in (ADDED, CHANGED, GONE)}
    texts = [words("changes.counted", reference=changes.reference, same=words.number(changes.same), **counted)]
    texts.append(words("changes.event" if content.event else "changes.record"))
    if content.event and content.counts.get(MERGED):
        texts.append(words("changes.merged", merged=words.number(content.counts[MERGED])))
    return texts


def of_page(content: PackageContent, words: Words) -> Html:
    """Return the section for a page; empty in a first delivery."""
    texts = told(content, words)
    return section(words("changes.title"), paragraphs(*texts)) if texts else Html("")
