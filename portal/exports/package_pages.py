"""The pages of a package that speak to people: about, terms, methodology, disclosure report, codebook.

Each page carries the "not representative" sentence or leads to it, and says first when the data are synthetic.
"""

import datetime as dt
from collections.abc import Sequence

from portal.exports import package_changes, package_citation, package_codebook
from portal.exports.package_columns import Column
from portal.exports.package_content import PackageContent
from portal.exports.package_facts import Facts
from portal.exports.package_html import Html, facts_list, joined, page, paragraphs, section, table, tag
from portal.exports.package_methodology import methodology
from portal.exports.package_report_page import report_body
from portal.exports.package_words import Words


def _page(content: PackageContent, words: Words, name: str, body: Sequence[str], **values: str) -> bytes:
    """Set one page with the house's head, banner and foot; ``name`` is the section of its texts."""
    return page(
        words(f"{name}.title"),
        *body,
        words=words,
        eyebrow=f"{package_citation.title(content, words)} · {content.reference}",
        lead=words(f"{name}.lead", **values),
        banner=words("common.synthetic_banner") if content.synthetic else "",
        footer=words(
            "common.page_footer",
            reference=content.reference,
            organisation=content.organisation,
            date=words.date(content.created_at.astimezone(dt.UTC)),
        ),
    )


def about_pairs(content: PackageContent, facts: Facts, words: Words) -> list[tuple[str, str]]:
    """Return the package at a glance, for the page and the first sheet; values may be empty."""
    built = content.created_at.astimezone(dt.UTC)
    title = package_citation.title(content, words)
    rule_set = words.name("rule_set", content.rule_set)
    last = content.destroy_by and content.destroy_by + dt.timedelta(days=content.retention_days)
    values = {
        "reference": content.reference,
        "dataset": words("readme.dataset_value", title=title, version=content.version),
        "tier": words.name("tier", content.tier),
        "rule_set": words("readme.rule_set_value", name=rule_set, version=content.rule_set_version),
        "agreement": words("readme.agreement_value", title=content.agreement_title, number=content.agreement_number),
        "organisation": content.organisation,
        "recipients": ", ".join(content.recipients),
        "purpose": content.purpose,
        "request": content.request_reference,
        "regions": ", ".join(content.scope.regions),
        "countries": ", ".join(content.scope.countries),
        "years": package_citation.span(content.scope.years),
        "rows": words.number(facts.rows),
        "columns": words.number(facts.columns),
        "built": words("readme.built_value", date=words.date(built), time=f"{built:%H:%M}"),
        "destroy_by": words.date(last) if last else "",
    }
    return [(words(f"readme.{name}"), value) for name, value in values.items()]


def about_sheet(content: PackageContent, facts: Facts, words: Words) -> list[tuple[str, str]]:
    """Return the lines of the workbook's first sheet."""
    remark = words("common.event_not_representative" if content.event else "common.not_representative")
    first = [(words("readme.synthetic"), words("common.synthetic_banner"))] if content.synthetic else []
    last = [
        (words("methodology.limits"), remark),
        (words("terms.title"), words("readme.rules_text")),
        (words("terms.citation"), package_citation.sentence(content, words)),
    ]
    return [*first, *(pair for pair in about_pairs(content, facts, words) if pair[1]), *last]


def readme(content: PackageContent, facts: Facts, files: Sequence[str], words: Words) -> bytes:
    """Return README.html; ``files`` are the members of this very package."""
    remark = words("common.event_not_representative" if content.event else "common.not_representative")
    listed = [[_file(name), words(f"file.{name}")] for name in files]
    hints = [f"open_{name}" for name in ("excel", "code", "na", "multiple", "formula", "labels")]
    large = [] if "data.xlsx" in files else [words("readme.large")]
    body = [
        section(words("readme.facts"), facts_list(about_pairs(content, facts, words))),
        section(words("readme.rules"), paragraphs(words("readme.rules_text")), tag("p", remark, class_="notice")),
        package_changes.of_page(content, words),
        section(words("readme.files"), table([words("readme.file"), words("readme.description")], listed)),
        section(words("readme.open"), paragraphs(*(words(f"readme.{hint}") for hint in hints), *large)),
        section(words("readme.check"), paragraphs(words("readme.check_text"))),
        section(words("terms.citation"), paragraphs(package_citation.sentence(content, words), *content.sources)),
    ]
    return _page(content, words, "readme", body, organisation=content.organisation, request=content.request_reference)


def _file(name: str) -> Html:
    """Return a member's name, as a link where a browser can show it."""
    return tag("a", name, href=name) if name.endswith(".html") else tag("code", name)


def terms(content: PackageContent, words: Words) -> bytes:
    """Return terms.html: the standing terms, then the conditions of this approval."""
    shown = [words("terms.publishing_2", days=content.review_days)] if content.review_days else []
    quoted = f"{words('format.quote_open')}{content.purpose}{words('format.quote_close')}"
    kinds = ", ".join(words(f"terms.output_{kind}") for kind in content.outputs)
    matched = [words("terms.matching_1", dataset=content.matched_with)] if content.matched_with else []
    parts: list[tuple[str, Sequence[str]]] = [
        ("purpose", (words("terms.purpose_1"), quoted, words("terms.purpose_2"))),
        ("outputs", [words("terms.outputs_1", kinds=kinds)] if kinds else []),
        ("identify", (words("terms.identify_1"), *matched)),
        ("sharing", (words("terms.sharing_1", recipients=", ".join(content.recipients)), *_passing_on(content, words))),
        ("conditions", content.terms),
        ("security", (words("terms.security_1"),)),
        ("publishing", (words("terms.publishing_1"), *shown)),
        ("incident", (words("terms.incident_1", hours=content.incident_hours),)),
        ("retention", (_until(content, words),)),
        ("withdrawal", (words("terms.withdrawal_1"),)),
        ("citation", (words("terms.citation_1"), package_citation.sentence(content, words), *content.sources)),
        ("audit", (words("terms.audit_1"),)),
    ]
    body = [section(words(f"terms.{name}"), paragraphs(*texts)) for name, texts in parts if texts]
    return _page(
        content,
        words,
        "terms",
        body,
        organisation=content.organisation,
        agreement=content.agreement_title,
        number=content.agreement_number,
    )


def _until(content: PackageContent, words: Words) -> str:
    """Return until when every copy is to be destroyed."""
    if content.destroy_by is None:
        return words("terms.retention_1_undated")
    date = words.date(content.destroy_by)
    if content.retention_days:
        return words("terms.retention_1_days", date=date, days=content.retention_days)
    return words("terms.retention_1", date=date)


def _passing_on(content: PackageContent, words: Words) -> list[str]:
    """Return what was approved of passing the data on; nothing where it stays with its recipients."""
    if content.onward == "named":
        return [words("terms.sharing_named", bodies=", ".join(content.onward_bodies))]
    return [words("terms.sharing_subpartners")] if content.onward == "subpartners" else []


def methodology_page(content: PackageContent, facts: Facts, words: Words) -> bytes:
    """Return methodology.html."""
    return _page(content, words, "methodology", methodology(content, facts, words))


def report_page(content: PackageContent, facts: Facts, words: Words) -> bytes:
    """Return disclosure_report.html."""
    return _page(content, words, "report", report_body(content, facts, words))


def codebook_page(content: PackageContent, columns: Sequence[Column], words: Words) -> bytes:
    """Return codebook.html."""
    body = joined([package_codebook.entries(content, columns, words)])
    return _page(content, words, "codebook", [body], columns=words.number(len(columns)))
