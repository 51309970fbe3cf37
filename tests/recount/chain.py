"""A release made as the portal makes one: a drawn survey, read in, protected, selected, given pseudonyms, packed."""

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

from portal.catalogue import codebook, eventbook, incidents, intake, synthetic
from portal.disclosure import ruleset
from portal.disclosure.protect import protect
from portal.exports.package import PackageContent, Scope, build, counts_of, diversity_of
from portal.exports.package_variables import describe
from portal.exports.pseudonym import relabel
from portal.exports.selection import select

WHERE = {"country": ["NER", "LBY", "SDN"], "year": ["2019", "2020"]}
ASKED = ("drivers", "finance", "influencers", "cost_band", "smuggler_use", "exp_any", "exp_types", "deaths_seen", "legal_status", "needs_now")  # fmt: skip


def a_mac(key):
    return lambda data: hmac.new(key, data, hashlib.sha256).digest()


@dataclass(frozen=True)
class Release:
    zip: bytes
    source: bytes
    choices: bytes
    markers: tuple[str, ...]


def a_release(*, rows, seed=4, language="en", where=WHERE):
    survey, book = synthetic.draw(rows, seed), codebook.reference()
    source = synthetic.to_ona_csv(survey)
    taken = intake.read_survey(source, book, name="core.csv")
    frame = intake.assign_ids(taken.frame, taken.uuids, a_mac(b"interviews"))
    rules = ruleset.default("partner")
    outcome = protect(frame, rules, book.hierarchies())
    keys = tuple(rules.key_columns)
    chosen = select(outcome.frame, where, columns=[*keys, *ASKED], key_columns=keys)
    named = relabel(chosen, a_mac(b"one institute, one file"))
    scope = Scope(countries=("Niger", "Libya", "Sudan"), years=("2019", "2020"))
    content = content_of(outcome, rules, named, book, language=language, scope=scope)
    choices = codebook.reference_bytes("choices.csv")
    return Release(build(content), source, choices, survey.markers)


def content_of(outcome, rules, named, book, **more):
    """What a package of a person tier says; ``named`` are the chosen rows under the recipient's pseudonyms."""
    columns = list(named.columns[1:])
    promises = diversity_of(outcome.report, min_no=rules.limits.min_no)
    return PackageContent(
        reference="MMC-4Mi-2026-0042 v1",
        title_en="4Mi core survey",
        title_fr="Enquête principale 4Mi",
        version=1,
        tier=rules.tier,
        rule_set=rules.name,
        rule_set_version=rules.version,
        k=rules.k,
        keys=tuple(rules.key_columns),
        frame=named,
        variables=describe(columns, book, [rules]),
        agreement_title="Data sharing 2026",
        agreement_number="MoU-2026-07",
        organisation="Institute",
        recipients=("Amina Diallo",),
        purpose="Study of routes",
        request_reference="R-2026-0042",
        created_at=dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC),
        synthetic=True,
        diversity=tuple(rule for rule in promises if rule.variable in columns),
        counts=counts_of(outcome.report, selected=len(named)),
        report=outcome.report,
        **more,
    )


def an_event_release(source, *, language="en", synthetic=True, note=""):
    taken = incidents.read_incidents(source, name="incidents.csv", mac=a_mac(b"events"))
    frame = taken.frame.rename(columns={incidents.EVENT_ID: "interview_id"})
    rules, book = ruleset.default("event"), eventbook.reference()
    outcome = protect(frame, rules, book.hierarchies())
    named = relabel(outcome.frame, a_mac(b"one institute, events"))
    content = PackageContent(
        reference="MMC-4Mi-2026-0043 v1",
        title_en="Incidents reported by 4Mi",
        title_fr="Incidents signalés par 4Mi",
        version=1,
        tier=rules.tier,
        rule_set=rules.name,
        rule_set_version=rules.version,
        k=rules.k,
        keys=(),
        frame=named,
        variables=describe(list(named.columns[1:]), book, [rules]),
        agreement_title="Data sharing 2026",
        agreement_number="MoU-2026-07",
        organisation="Institute",
        recipients=("Amina Diallo",),
        purpose="Study of deaths on the way",
        request_reference="R-2026-0043",
        created_at=dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC),
        language=language,
        synthetic=synthetic,
        counts=counts_of(outcome.report, selected=len(named)),
        report=outcome.report,
        sources=(note,) if note else (),
    )
    return Release(build(content), source, b"", ())
