"""Asking again for what was asked before."""

from portal import clock
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import session
from portal.permissions import Permission
from portal.requests import actions_draft, guards, people, queries, repeats
from portal.requests.models import Request


def copy(actor: Actor, ref: str) -> Request:
    """Begin a draft that holds what an earlier request of the own organisation asked for, as far as it still can.

    Raises NotFound, NotAllowed, or TermsForbid if no file of the dataset is signed off now.
    """
    earlier = queries.request(actor, ref, Permission.REQUEST_COPY)
    made = actions_draft.start(actor, earlier.dataset.code)
    colleagues = {person.ref for person in people.colleagues(made.organisation_id)}
    today = clock.today(made.agreement.time_zone)
    made.draft = repeats.again(earlier.draft, guards.menu_of(made), colleagues, today)
    made.copied_from_id = earlier.id
    session().flush()
    purpose = made.logged_purpose
    record(actor, "request.copied", target=("request", earlier.ref), purpose=purpose)
    return made
