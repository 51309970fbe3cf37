"""The codebook of a selection: each column told by the version's codebook and by what the rule sets did to it.

A coarser tier starts from the finer tier's file, so its columns are followed back through both rule sets: what the
partner file says of a column, the licensed file only repeats.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from portal.catalogue.codebook import KIND_OF_CODE, MISSING, PARENT_LISTS, Codebook, Variable
from portal.disclosure.ruleset import Level, RuleSet, Treatment, default
from portal.exports.package_content import PackagedVariable
from portal.exports.package_words import load

Labels = Mapping[str, tuple[str, str]]
NOT_CHOICES = frozenset({*KIND_OF_CODE, *MISSING.values()})
REGIONS = "mmc_region"
REPORTS = "reports"
KEEP, BANDS = "keep", "bands:"


def describe(
    columns: Sequence[str],
    codebook: Codebook,
    rules: Sequence[RuleSet],
    *,
    sensitivity: Mapping[str, int] = MappingProxyType({}),
) -> tuple[PackagedVariable, ...]:
    """Return the codebook records of ``columns`` (record_id left out), in their order.

    ``rules`` are the tier's rule set and then those of the finer tiers it starts from; the shipped rule set stands in
    for a finer tier that is not given. ``sensitivity`` is what a steward confirmed, by variable, over the codebook's.
    A column that no rule set releases raises KeyError: it must not be in the file.
    """
    chain = list(rules)
    while (finer := chain[-1].derived_from) is not None:
        chain.append(default(finer))
    found = (_column(name, codebook, chain) for name in columns)
    return tuple(replace(one, sensitivity=sensitivity.get(one.name, one.sensitivity)) for one in found)


def _column(name: str, codebook: Codebook, rules: Sequence[RuleSet]) -> PackagedVariable:
    levels = [level for rule in rules for level in rule.levels() if level.column == name]
    if levels:
        return _key(levels[-1], codebook, rules[-1])
    if name == REPORTS and any(rule.merge for rule in rules):
        english, french = _named(f"key.{name}")
        return PackagedVariable(name=name, label_en=english, label_fr=french, type="integer", treatment="merged")
    return _released([rule.treatment(name) for rule in rules], codebook, rules[-1])


def _key(level: Level, codebook: Codebook, rules: RuleSet) -> PackagedVariable:
    """Tell a key by its finest source; a year is a number, any other key has a list."""
    source = codebook.variables[level.source]
    labels = (
        _named(f"key.{level.column}") if load("en").has(f"key.{level.column}") else (source.label_en, source.label_fr)
    )
    year = level.via[-1:] == ("date:year",)
    return replace(
        _told(source),
        name=level.column,
        label_en=labels[0],
        label_fr=labels[1],
        type="integer" if year else "single",
        choices={} if year else _followed(source, level.via, codebook, rules),
        treatment="key_level",
    )


def _released(steps: Sequence[Treatment], codebook: Codebook, rules: RuleSet) -> PackagedVariable:
    """Tell a released variable; of several tiers' treatments, the first that changes its codes counts."""
    changing = next((step for step in reversed(steps) if step.how != KEEP), steps[-1])
    source = codebook.variables[changing.variable]
    choices = _choices(source, changing, codebook, rules)
    return replace(_told(source), type=_type(source, changing), choices=choices, treatment=changing.how)


def _type(source: Variable, step: Treatment) -> str:
    if step.how == "any_none" or (step.how == "bands" and source.type != "multiple"):
        return "single"
    return source.type


def _choices(source: Variable, step: Treatment, codebook: Codebook, rules: RuleSet) -> Labels:
    """Return the codes a treated variable may hold, with both labels."""
    if step.how == "any_none":
        return _listed("yes_no", codebook)
    if step.how == "groups":
        return {group: _group(source.name, group) for group in dict.fromkeys(group for _, group in step.groups)}
    via = tuple(f"{BANDS}{name}" for name in step.via) if step.how == "bands" else step.via
    return _followed(source, via, codebook, rules)


def _followed(source: Variable, via: Sequence[str], codebook: Codebook, rules: RuleSet) -> Labels:
    """Return the list a variable's codes come from after ``via``: parents' lists, or bands by their codes."""
    last = via[-1] if via else ""
    if last.startswith(BANDS):
        codes = [code for _, code in rules.bands[last.removeprefix(BANDS)]]
        known = next((listed for listed in codebook.choices.values() if set(codes) <= set(listed)), {})
        return {code: (known[code].label_en, known[code].label_fr) if code in known else (code, code) for code in codes}
    return _listed(PARENT_LISTS.get(last, "") if last else source.choices, codebook)


def _listed(name: str, codebook: Codebook) -> Labels:
    """Return a list's codes and labels, without the kinds of missing. Regions: of every structure there was."""
    names = [one for one in codebook.choices if one.startswith(REGIONS)] if name.startswith(REGIONS) else [name]
    return {
        code: (choice.label_en, choice.label_fr)
        for one in names
        for code, choice in codebook.choices.get(one, {}).items()
        if code not in NOT_CHOICES
    }


def _group(variable: str, group: str) -> tuple[str, str]:
    key = f"group.{variable}_{group}"
    return _named(key) if load("en").has(key) else (group, group)


def _told(source: Variable) -> PackagedVariable:
    """Return a variable as its codebook tells it, before any treatment."""
    return PackagedVariable(
        name=source.name,
        label_en=source.label_en,
        label_fr=source.label_fr,
        type=source.type,
        universe=source.universe or "all rows",
        versions=source.versions or ("all",),
        sensitivity=source.sensitivity,
    )


def _named(key: str) -> tuple[str, str]:
    return load("en")(key), load("fr")(key)
