"""How to cite the data: one sentence in the recipient's language, and the same for reference managers.

The form follows the World Bank's: who, title with places and years, reference, date received. No DOI is claimed.
"""

from portal.exports.package_content import PackageContent
from portal.exports.package_words import Words


def title(content: PackageContent, words: Words) -> str:
    """Return the dataset's title in the recipient's language."""
    return words.pick(content.title_en, content.title_fr)


def sentence(content: PackageContent, words: Words) -> str:
    """Return the citation as one sentence."""
    places = ", ".join(content.scope.countries)
    years = span(content.scope.years)
    scope = words("citation.scope", places=places, years=f" {years}" if places and years else years)
    text = words(
        "citation.text",
        author=content.author,
        title=title(content, words),
        scope=scope if places or years else "",
        reference=content.reference,
        received=words("citation.received", date=words.date(content.created_at)),
    )
    return f"{text} [{words('citation.synthetic')}]" if content.synthetic else text


def span(years: tuple[str, ...]) -> str:
    """Write years shortly: consecutive ones as first–last.

    >>> span(("2019", "2020")), span(("2018", "2020")), span(("2019",)), span(())
    ('2019–2020', '2018, 2020', '2019', '')
    """
    whole = sorted(years)
    if len(whole) > 1 and all(year.isdigit() for year in whole):
        numbers = [int(year) for year in whole]
        if numbers == list(range(numbers[0], numbers[-1] + 1)):
            return f"{whole[0]}–{whole[-1]}"
    return ", ".join(whole)


def citation_text(content: PackageContent, words: Words) -> bytes:
    """Write citation.txt."""
    remark = words("common.event_not_representative" if content.event else "common.not_representative")
    lines = [words("citation.heading"), "", sentence(content, words), ""]
    lines += [words("citation.note_not_representative", sentence=remark), ""]
    if content.sources:
        lines += [words("methodology.sources"), *content.sources, ""]
    if content.synthetic:
        lines += [words("common.synthetic_banner"), ""]
    return "\n".join(lines).encode()


def citation_bib(content: PackageContent, words: Words) -> bytes:
    """Write citation.bib, one BibTeX entry of type misc; braces and backslashes of the title are left out."""
    key = "".join(sign for sign in content.reference if sign.isalnum())
    scope = ", ".join(part for part in (", ".join(content.scope.countries), span(content.scope.years)) if part)
    full = f"{title(content, words)}{f', {scope}' if scope else ''}"
    remark = words("common.event_not_representative" if content.event else "common.not_representative")
    note = f"{words('common.synthetic_short')}. {remark}" if content.synthetic else remark
    fields = {
        "author": f"{{{plain(content.author)}}}",
        "title": f"{{{plain(full)}}}",
        "year": str(content.created_at.year),
        "number": plain(content.reference),
        "howpublished": plain(words("citation.received", date=words.date(content.created_at))),
        "language": {"en": "english", "fr": "french"}[content.language],
        "note": plain(note),
    }
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{key},\n{body}\n}}\n".encode()


def plain(text: str) -> str:
    """Leave out what BibTeX reads as its own signs, and set off percent and ampersand signs."""
    kept = "".join(" " if sign in "{}\\" else sign for sign in text)
    return kept.replace("%", r"\%").replace("&", r"\&").replace("_", r"\_").replace("#", r"\#")
