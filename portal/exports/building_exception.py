"""What is different in the building of an exception: it is made from the version itself, judged by the ledger, entered
there as it is published, and then waits for a second person.
"""

import datetime as dt
import json

import pandas as pd
from sqlalchemy import func, select

from portal import clock, ports
from portal.audit.canonical import Json
from portal.audit.recorder import record
from portal.catalogue import rows as stored
from portal.catalogue.models import Variable
from portal.db import session, transaction
from portal.disclosure.joint import Terms
from portal.disclosure.judge import ASKED_OFTEN
from portal.disclosure.rounds_past import extract
from portal.disclosure.ruleset import EXCEPTION, RuleSet
from portal.errors import Withheld
from portal.exports import exceptions, extras, ledgers, letters_exceptions, protecting
from portal.exports.exceptions import TooClose, Wish
from portal.exports.models import Release
from portal.exports.models_ledger import LedgerRefusal
from portal.exports.moves import find, take
from portal.jobs.registry import Held
from portal.keys import Mac

WORKER = ledgers.WORKER
GONE = "release: an extra is not on offer any more"


class Referred(Withheld):
    """An organisation was refused too often of late: a person decides whether it is judged once more."""


def may_be_judged(release: Release, names: tuple[str, ...]) -> None:
    """Refuse to judge an exception that asks too often, or for what no steward has confirmed.

    Asked before anything is judged, for every refusal says a little about what left before.
    """
    query = select(Variable.name).where(Variable.version_id == release.request.version_id, Variable.role == extras.ROLE)
    if not set(names) <= set(session().scalars(query)) & extras.FAMILY.keys():
        raise Withheld(GONE)
    if (
        refusals(release.request.organisation_id, release.request.dataset_id) >= _terms().refusals
        and not release.let_by
    ):
        raise Referred(ASKED_OFTEN)


def refusals(organisation_id: int, dataset_id: int) -> int:
    """Return how often an organisation was refused of late, for one dataset."""
    since = clock.now() - dt.timedelta(days=_terms().days)
    of_theirs = (LedgerRefusal.organisation_id == organisation_id, LedgerRefusal.dataset_id == dataset_id)
    count = select(func.count()).select_from(LedgerRefusal)
    return session().scalar(count.where(*of_theirs, LedgerRefusal.refused_at > since)) or 0


def _terms() -> Terms:
    return Terms(k=2)  # its numbers on refusals hold for every k


def register() -> None:
    """Enter the protected files that the ledger does not know yet, each in a transaction of its own."""
    while True:
        with transaction():
            left, last = ledgers.unregistered(), ledgers.newest()
            found = [(file, RuleSet.from_json(json.dumps(file.rule_set))) for file in left[:1]]
        for file, rules in found:
            views = extract(rules).views(protecting.frame_of(file))
            one = ledgers.sealed(ledgers.opened(last), views, kind=ledgers.PUBLICATION, reference=file.ref)
            with transaction():
                ledgers.enter(one)
        if not found:
            return


def judge(held: Held, whole: pd.DataFrame, chosen: "pd.Series[bool]") -> None:
    """Judge the chosen rows of the protected file with the extras of its version; leave what may go on in the memo."""
    memo = held.memo
    register()
    with transaction():
        release, last = find(held.target_ref), ledgers.newest()
        version = release.request.version
    names, tier = memo["scope"].extras, memo["rules"]
    rules = exceptions.rules_of(tier, memo["scope"].variables, names)
    truth = exceptions.beside(whole, stored.load(version), rules, names)
    wish, ledger = Wish(memo["scope"].families, names), ledgers.opened(last)
    try:
        made = exceptions.judged(ledger, truth, chosen, rules, memo["book"].hierarchies(), wish)
    except TooClose as error:
        error.evidence = {"ledger": ledger.head, "cells": _digest(truth[chosen], wish.narrowed(rules).key_columns)}
        raise
    memo.update(ledger=ledger, views=made.views, truth=truth, frame=made.frame, rules=made.rules, finer=[tier])
    memo["evidence"] = {"ledger": ledger.head, "cells": _digest(made.frame, made.rules.key_columns)}
    memo["frozen"] |= {"report": made.report, "attacks": made.attacks, "tier": EXCEPTION}


def _digest(frame: pd.DataFrame, columns: list[str]) -> str:
    """Return a keyed digest of cells and how many rows each holds: equal for equal cells, and tells nothing else."""
    cells = frame.groupby(columns, sort=True).size().reset_index().to_numpy().tolist()
    return ports.house.keys.mac(Mac.LEDGER, json.dumps(cells, default=str).encode()).hex()


def seal(held: Held) -> None:
    """Seal the ledger as it will be once this exception is in it."""
    memo = held.memo
    memo["entry"] = ledgers.sealed(memo["ledger"], memo["views"], kind=ledgers.RELEASE, reference=held.target_ref)


def publish(held: Held, release: Release, **values: object) -> None:
    """Enter the exception in the ledger and let it wait for a second person; in the publishing transaction.

    Raises Stale if the ledger has grown since it was judged: then it is judged again, from the first stage.
    """
    ledgers.enter(held.memo["entry"])
    take(release, "check", **values)
    purpose, evidence = release.request.logged_purpose, dict[str, Json](held.memo["evidence"])
    data = {"dataset": held.memo["dataset"], "rows": values["rows"], "sha256": values["sha256"], "sdc": evidence}
    record(WORKER, "release.checking", target=("release", release.ref), purpose=purpose, data=data)
    letters_exceptions.to_check(release)


def refused(release: Release, error: Withheld) -> str:
    """Note what follows from a refusal of the ledger, and return as what the release is held; "" for other refusals."""
    if isinstance(error, Referred):
        letters_exceptions.refused(release, "referred")
        return "referred"
    if not isinstance(error, TooClose):
        return ""
    asked = release.request
    values = {"domain": ledgers.DOMAIN, "organisation_id": asked.organisation_id, "dataset_id": asked.dataset_id}
    session().add(LedgerRefusal(**values, release_id=release.id))
    record(
        WORKER,
        "release.refused",
        target=("release", release.ref),
        purpose=asked.logged_purpose,
        reason="too_close",
        data={"dataset": asked.dataset.code, "sdc": dict[str, Json](error.evidence)},
    )
    letters_exceptions.refused(release, "too_close")
    return "ledger"
