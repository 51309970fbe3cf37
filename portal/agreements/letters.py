"""Letters about agreements, to whoever must act or must know: what happened and where to look, no clause of it."""

import datetime as dt
from collections.abc import Iterable

from portal.actor import Role
from portal.agreements import people
from portal.agreements.models import Agreement
from portal.auth.models import Person
from portal.mail import write


def shared(agreement: Agreement) -> None:
    """Ask the partner to read a draft."""
    _send(_partner(agreement), "agreement_shared", agreement)


def returned(agreement: Agreement) -> None:
    """Tell the makers, and the partner, that the text is open again."""
    _send(_makers(agreement), "agreement_returned", agreement)
    _send(_partner(agreement), "agreement_returned", agreement)


def to_officers(agreement: Agreement) -> None:
    """Ask the data protection officers for their record."""
    _send(people.holders(agreement, Role.DPO), "agreement_for_officer", agreement)


def paper(agreement: Agreement) -> None:
    """Tell the data protection officers that a paper waits to be confirmed."""
    _send(people.holders(agreement, Role.DPO), "agreement_paper", agreement)


def to_sign(agreement: Agreement) -> None:
    """Ask both signatories."""
    _send(_signatories(agreement), "agreement_to_sign", agreement)


def active(agreement: Agreement) -> None:
    """Tell both sides that it took effect."""
    _send(_both(agreement), "agreement_active", agreement)


def stopped(agreement: Agreement, how: str) -> None:
    """Tell both sides that it runs no more, or runs again, or will end."""
    _send(_both(agreement), "agreement_stopped", agreement, how=how)


def ends(agreement: Agreement, days: int) -> None:
    """Warn both sides of the end, so many days before it."""
    _send(_both(agreement), "agreement_ends", agreement, days=days)


def dpia_due(agreement: Agreement, review_on: dt.date) -> None:
    """Tell the data protection officers until when an assessment (DPIA) counts."""
    _send(people.holders(agreement, Role.DPO), "dpia_due", agreement, review_on=review_on.isoformat())


def _partner(agreement: Agreement) -> list[Person]:
    named = [agreement.partner_signatory] if agreement.partner_signatory else []
    return [*people.focal_points(agreement), *named]


def _signatories(agreement: Agreement) -> list[Person]:
    return [one for one in (agreement.mmc_signatory, agreement.partner_signatory) if one]


def _makers(agreement: Agreement) -> list[Person]:
    return list(people.holders(agreement, Role.COORDINATOR))


def _both(agreement: Agreement) -> list[Person]:
    offices = people.holders(agreement, Role.COORDINATOR, Role.HEAD, Role.DPO)
    return [*offices, *_partner(agreement), *_signatories(agreement)]


def _send(whom: Iterable[Person], template: str, agreement: Agreement, **more: object) -> None:
    values = {
        "number": agreement.number,
        "organisation": agreement.organisation.name,
        "day": agreement.last_day.isoformat(),
        "path": f"/agreements/{agreement.ref}",
    }
    for person in {one.id: one for one in whom if one.disabled_at is None}.values():
        write(person.email, person.language, template, name=person.name, **values, **more)
