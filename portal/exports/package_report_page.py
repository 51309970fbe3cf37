"""The disclosure report in plain words: the smallest group first, since that is what a reader is afraid of."""

from portal.exports.package_content import Diversity, PackageContent
from portal.exports.package_facts import Facts
from portal.exports.package_html import Html, paragraphs, section, table, tag
from portal.exports.package_methodology import hidden_table
from portal.exports.package_report import AttackLine, attack_lines
from portal.exports.package_words import Words


def report_body(content: PackageContent, facts: Facts, words: Words) -> list[Html]:
    """Return the sections of disclosure_report.html in order."""
    hidden = hidden_table(facts, words) if facts.hidden else paragraphs(words("methodology.suppressed_none"))
    return [
        section(words("report.summary"), *_summary(content, facts, words)),
        section(words("report.figures"), _figures(content, facts, words)),
        section(words("methodology.suppressed"), hidden),
        section(words("report.diversity"), *_diversity(content, facts, words)),
        section(words("report.attacks"), *_attacks(attack_lines(content.attack), words)),
        section(words("report.limits"), paragraphs(words("report.limits_1"), words("report.machine"))),
    ]


def _summary(content: PackageContent, facts: Facts, words: Words) -> list[Html]:
    texts = [words("report.summary_event")] if content.event else []
    if facts.smallest is not None and facts.mean_risk is not None:
        smallest = words.number(facts.smallest)
        texts = [
            words("report.summary_k", keys_number=len(content.keys), smallest=smallest, k=content.k),
            words("report.summary_risk", smallest=smallest, mean=words.percent(facts.mean_risk, 2)),
        ]
    return [tag("p", text, class_="notice") for text in texts]


def _figures(content: PackageContent, facts: Facts, words: Words) -> Html:
    """Return the table of figures; what has no meaning for the file is left out."""
    hidden_keys = f"{words.number(facts.hidden_key_cells)} ({words.percent(facts.hidden_key_share)})"
    hidden_rows = f"{words.number(facts.rows_with_hidden_key)} ({words.percent(facts.hidden_row_share)})"
    rows: list[tuple[str, str]] = [("rows", words.number(facts.rows))]
    if facts.smallest is not None and facts.mean_risk is not None:
        rows += [
            ("keys", ", ".join(content.keys)),
            ("k", str(content.k)),
            ("smallest", words.number(facts.smallest)),
            ("classes", words.number(facts.classes)),
            ("highest_risk", words.percent(1 / facts.smallest)),
            ("mean_risk", words.percent(facts.mean_risk, 2)),
            ("key_cells", hidden_keys),
            ("key_rows", hidden_rows),
        ]
    lines = [[words(f"report.{name}"), value] for name, value in rows]
    return table([words("report.measure"), words("report.value")], lines)


def _diversity(content: PackageContent, facts: Facts, words: Words) -> list[Html]:
    if not facts.spreads:
        return [paragraphs(words("report.diversity_none"))]
    names = ("variable", "answer", "limit", "share", "min_no", "no")
    rows = [
        [
            tag("code", spread.rule.variable),
            _answer(content, spread.rule, words),
            words.percent(spread.rule.max_share),
            words.percent(spread.highest_share),
            str(spread.rule.min_no),
            "–" if spread.fewest_no is None else words.number(spread.fewest_no),
        ]
        for spread in facts.spreads
    ]
    header = [words(f"report.diversity_{name}") for name in names]
    return [
        paragraphs(words("report.diversity_lead")),
        table(header, rows, numbers=frozenset({2, 3, 4, 5})),
    ]


def _answer(content: PackageContent, rule: Diversity, words: Words) -> str:
    choices = content.variable(rule.variable).choices
    return words.pick(*choices[rule.code]) if rule.code in choices else rule.code


def _attacks(lines: list[AttackLine], words: Words) -> list[Html]:
    if not lines:
        return [paragraphs(words("report.attacks_none"))]
    results = {True: words("common.held"), False: words("common.broken"), None: ""}
    rows = [
        [
            words(f"attack.{line.name}") if words.has(f"attack.{line.name}") else words("attack.other", name=line.name),
            results[line.held],
            "" if line.at_risk is None else words.number(line.at_risk),
        ]
        for line in lines
    ]
    header = [words("report.attack"), words("report.attack_result"), words("report.attack_at_risk")]
    return [paragraphs(words("report.attacks_lead")), table(header, rows, numbers=frozenset({2}))]
