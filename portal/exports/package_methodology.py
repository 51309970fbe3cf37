"""Methodology and limits: what the data can say, what they cannot, and what was hidden.

Interviews and incidents are told apart: an incident file makes no claim about k, for it holds no person's keys.
"""

from portal.disclosure.ruleset import EXCEPTION
from portal.exports import package_changes
from portal.exports.package_citation import span
from portal.exports.package_content import MISSING_KINDS, NOTHING_CHOSEN, PackageContent
from portal.exports.package_facts import Facts
from portal.exports.package_html import Html, paragraphs, section, table, tag
from portal.exports.package_words import Words


def methodology(content: PackageContent, facts: Facts, words: Words) -> list[Html]:
    """Return the sections of methodology.html in order; empty ones are left out."""
    remark = words("common.event_not_representative" if content.event else "common.not_representative")
    parts = [
        section(words("methodology.limits"), tag("p", remark, class_="notice")),
        section(words("methodology.collection"), paragraphs(*_collection(content, words))),
        _period(content, words),
        section(
            words("methodology.denominators"),
            paragraphs(*(words(f"methodology.denominators_{place}") for place in (1, 2))),
        ),
        section(words("methodology.missing"), paragraphs(words("methodology.missing_1")), missing_table(words)),
        section(words("methodology.protection"), paragraphs(*_protection(content, words))),
        section(words("methodology.suppressed"), *_suppressed(content, facts, words)),
        _counts(content, words),
        package_changes.of_page(content, words),
        _told(words("methodology.notes"), content.methodology),
        _told(words("methodology.sources"), content.sources),
    ]
    return [part for part in parts if part]


def missing_table(words: Words) -> Html:
    """Return the missing codes and what each one means."""
    rows = [
        [tag("code", code or words("missing.code_blank")), words(f"missing.{kind}")]
        for code, kind in MISSING_KINDS.items()
    ]
    rows.append([tag("code", NOTHING_CHOSEN), words("missing.nothing_chosen")])
    return table([words("missing.code_header"), words("missing.meaning_header")], rows)


def hidden_table(facts: Facts, words: Words) -> Html:
    """Return how many values of each variable are hidden."""
    rows = [
        [tag("code", name), words.number(cells), words.percent(cells / facts.rows)]
        for name, cells in facts.hidden.items()
    ]
    header = [words(f"methodology.suppressed_{name}") for name in ("variable", "count", "share")]
    return table(header, rows, numbers=frozenset({1, 2}))


def _collection(content: PackageContent, words: Words) -> list[str]:
    if content.event:
        return [words(f"methodology.event_collection_{place}") for place in (1, 2)]
    return [words(f"methodology.collection_{place}") for place in (1, 2, 3)]


def _period(content: PackageContent, words: Words) -> Html:
    scope = content.scope
    if not (scope.countries or scope.years):
        return Html("")
    unknown = words("common.not_stated")
    text = words(
        "methodology.period_1",
        countries=", ".join(scope.countries) or unknown,
        years=span(scope.years) or unknown,
        regions=", ".join(scope.regions) or unknown,
    )
    return section(words("methodology.period"), paragraphs(text))


def _protection(content: PackageContent, words: Words) -> list[str]:
    """Say what was done; k and the diversity rule only where there are persons."""
    values = {
        "tier": words.name("tier", content.tier),
        "rule_set": words.name("rule_set", content.rule_set),
        "rule_set_version": content.rule_set_version,
    }
    first = "protection_exception" if content.tier == EXCEPTION else "protection_1"
    texts = [words(f"methodology.{first}", **values), words("methodology.protection_2")]
    if content.event:
        return [*texts, words("methodology.event_protection_1"), words("methodology.protection_5")]
    texts.append(words("methodology.protection_3", keys=", ".join(content.keys), k=content.k))
    if content.diversity:
        fewest = min(rule.min_no for rule in content.diversity)
        texts.append(words("methodology.protection_4", min_no=fewest))
    else:
        texts.append(words("methodology.protection_4_none"))
    return [*texts, words("methodology.protection_5"), words("methodology.protection_6")]


def _suppressed(content: PackageContent, facts: Facts, words: Words) -> list[Html]:
    if not facts.hidden:
        return [paragraphs(words("methodology.suppressed_none"))]
    keys = words(
        "methodology.suppressed_1",
        cells=words.number(facts.hidden_key_cells),
        total=words.number(facts.key_cells),
        share=words.percent(facts.hidden_key_share),
        rows=words.number(facts.rows_with_hidden_key),
        all_rows=words.number(facts.rows),
        row_share=words.percent(facts.hidden_row_share),
    )
    return [paragraphs(keys) if content.keys else Html(""), hidden_table(facts, words)]


def _counts(content: PackageContent, words: Words) -> Html:
    if not content.counts:
        return Html("")
    rows = [[words(f"counts.{step}"), words.number(number)] for step, number in content.counts.items()]
    header = [words("methodology.counts_step"), words("methodology.counts_rows")]
    return section(words("methodology.counts"), table(header, rows, numbers=frozenset({1})))


def _told(title: str, texts: tuple[str, ...]) -> Html:
    return section(title, paragraphs(*texts)) if texts else Html("")
