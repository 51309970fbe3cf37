"""Taking somebody out of the team of a request that was sent. It narrows, so nobody has to agree, and counts at once.

The scopes stay what was approved: they say who might at most. Who may today is the rows of ``recipient``, which the
door of a download asks each time, also while the bytes flow.
"""

from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.models import Person
from portal.db import move, require_seen, session
from portal.errors import IllegalStep, Invalid
from portal.permissions import Permission
from portal.requests import drafts, letters, queries, verdicts
from portal.requests.models import Request

OVER = frozenset({"draft", "ended"})


def take_out(actor: Actor, ref: str, person: str, *, lock: int) -> Request:
    """Take one person out of the team; whoever is left goes on.

    The second of two clicks is the same deed. Raises NotFound, NotAllowed, IllegalStep (a draft, or over), Stale, or
    Invalid: nobody would be left, or they are not in it.
    """
    request = queries.request(actor, ref, Permission.REQUEST_TEAM)
    verdicts.take_turns(request)
    session().expire(request, ["recipients"])
    found = next((one for one in request.recipients if one.person.ref == person), None)
    if found is None and request.lock == lock + 1:
        return request
    if request.status in OVER:
        raise IllegalStep("team: only that of a request that was sent and is not over")
    require_seen(request, lock)
    if found is None:
        raise Invalid({"person": ["choose_one"]})
    if len(request.recipients) == 1:
        raise Invalid({"person": ["last_one"]})
    gone = found.person
    session().delete(found)
    team = [one for one in drafts.read(request.draft).team if one != person]
    move(request, draft=drafts.with_team(request.draft, team))
    session().expire(request, ["recipients"])
    change = {"person": (gone.ref, "")}
    record(actor, "request.narrowed", target=("request", ref), purpose=request.logged_purpose, change=change)
    _tell(actor, request, gone)
    return request


def _tell(actor: Actor, request: Request, gone: Person) -> None:
    if gone.id != actor.id:
        letters.out_of_team(request, gone)
    if request.requester_id not in {actor.id, gone.id}:
        letters.to_requester(request, "request_narrowed")
