"""What a package says, gathered from the rows of the database and the codebook, in the recipient's language."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from portal import clock
from portal.catalogue.codebook import Codebook
from portal.disclosure.ruleset import RuleSet
from portal.exports import menu
from portal.exports.filename import download_name
from portal.exports.models import Release
from portal.exports.package_content import PackageContent
from portal.exports.package_content import Scope as ScopeWords
from portal.exports.package_report import counts_of, diversity_of
from portal.exports.package_variables import describe
from portal.requests import actions_settle as settling
from portal.requests.models import Request
from portal.requests.scope import Scope


def freeze(release: Release) -> dict[str, Any]:
    """Take from the database, once, whatever the package needs: later stages open no transaction for it.

    Nothing here changes between two attempts, so both give the same bytes.
    """
    request = release.request
    language = request.language
    reference = f"{request.number} v{request.scope.number if request.scope else 1}"
    return {
        "reference": reference,
        "file_name": download_name(reference),
        "title_en": request.dataset.title_en,
        "title_fr": request.dataset.title_fr,
        "version": request.version.number,
        "tier": request.tier,
        "agreement_title": _in(language, request.agreement, "title"),
        "agreement_number": request.agreement.number,
        "organisation": request.organisation.name,
        "recipients": tuple(sorted(one.person.name for one in request.recipients)),
        "purpose": request.purpose_text,
        "request_reference": request.number,
        "created_at": release.created_at,
        "language": language,
        "synthetic": request.version.synthetic,
        "sources": tuple(filter(None, [_in(language, request.version, "source_note")])),
        "conditions": _conditions(request),
        "destroy_by": request.ends_on,
        **_use(release),
        "report": release.protected_file.report,
        "attacks": release.protected_file.attacks,
        "sensitivity": {one.name: one.sensitivity for one in request.version.variables},
    }


def _use(release: Release) -> dict[str, Any]:
    """Return what the accepted scope says of the use of the data, and what its agreement adds."""
    agreement, accepted = release.request.agreement, release.scope.content
    onward = accepted.get("onward", "")
    return {
        "outputs": tuple(accepted.get("outputs", ())),
        "onward": onward,
        "onward_bodies": tuple(agreement.onward_bodies) if onward == "named" else (),
        "matched_with": accepted.get("matching", ""),
        "retention_days": agreement.retention_days,
        "review_days": agreement.publication_review_days,
    }


def quoted(frozen: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what people wrote that the package repeats: purpose, conditions, sources, names, titles."""
    single = ("purpose", "organisation", "title_en", "title_fr", "agreement_title", "agreement_number", "reference")
    plural = ("conditions", "sources", "recipients", "onward_bodies")
    told = (*(frozen[name] for name in single), frozen["matched_with"])
    return (*filter(None, told), *(text for name in plural for text in frozen[name]))


def _in(language: str, thing: object, stem: str) -> str:
    return str(getattr(thing, f"{stem}_{language}", "") or getattr(thing, f"{stem}_en", ""))


def _conditions(request: Request) -> tuple[str, ...]:
    """Return what the decisions that count ask for, as their obligations do: none that a later one replaced."""
    standing = sorted(settling.decisions(request), key=lambda one: one.id)
    return tuple(one.conditions for one in standing if one.conditions)


def expiry(release: Release, moment: dt.datetime) -> dt.datetime:
    """Return the first of the ends: the release's own days, the request's last day, the agreement's last day."""
    agreement, request = release.request.agreement, release.request
    ends = [moment + dt.timedelta(days=agreement.release_days), clock.day_end(agreement.last_day, agreement.time_zone)]
    if request.ends_on is not None:
        ends.append(clock.day_end(request.ends_on, agreement.time_zone))
    return min(ends)


def assemble(
    released: pd.DataFrame, frozen: Mapping[str, Any], scope: Scope, rules: Sequence[RuleSet], book: Codebook
) -> PackageContent:
    """Return everything the package says about ``released``, the accepted rows under their pseudonyms.

    ``rules`` are those it keeps; for an exception then those of the tier that its other columns are from.
    """
    own = rules[0]
    columns = [str(name) for name in released.columns if name != "record_id"]
    keys = tuple(name for name in columns if name in own.key_columns)
    language = frozen["language"]
    promises = diversity_of(frozen["report"], min_no=own.limits.min_no) if keys else ()
    words = {name: frozen[name] for name in _STRAIGHT}
    return PackageContent(
        **words,
        rule_set=own.name,
        rule_set_version=own.version,
        k=own.k,
        keys=keys,
        frame=released,
        variables=describe(columns, book, rules, sensitivity=frozen["sensitivity"]),
        diversity=tuple(one for one in promises if one.variable in columns),
        scope=ScopeWords(
            regions=_labels(scope, "region", book, language),
            countries=_labels(scope, "country", book, language),
            years=scope.values("year"),
        ),
        counts=counts_of(frozen["report"], selected=len(released)),
        attack=frozen["attacks"],
        terms=frozen["conditions"],
    )


_STRAIGHT = (
    *("reference", "title_en", "title_fr", "version", "tier", "agreement_title", "agreement_number", "organisation"),
    *("recipients", "purpose", "request_reference", "created_at", "language", "synthetic", "sources", "destroy_by"),
    *("outputs", "onward", "onward_bodies", "matched_with", "retention_days", "review_days"),
    "report",
)


def _labels(scope: Scope, column: str, book: Codebook, language: str) -> tuple[str, ...]:
    return tuple(menu.value_label(book, column, code, language) for code in scope.values(column))
