"""One click for several parts that ask for the same: each gets the decision it would get alone, or none gets any."""

from portal.actor import Actor
from portal.auth.actions_factor import prove
from portal.errors import IllegalStep, Invalid, Stale
from portal.requests import actions_decide, queries, together
from portal.requests.actions_decide import Weighed
from portal.requests.conflict import AlreadyDecided, StaleScope
from portal.requests.models import Decision
from portal.requests.schemas import Verdict
from portal.requests.schemas_together import Together


def approve(actor: Actor, sent: Together) -> list[Decision]:
    """Approve several parts as they stand, with one second factor.

    Sent again with the same key they are the same decisions. Raises NotFound, NotAllowed, StaleScope or AlreadyDecided
    naming the part that changed meanwhile, Invalid (they are not alike, one needs a look of its own, or the code),
    TermsForbid or Stale; nothing is decided then.
    """
    found = [_weigh(actor, ref, verdict) for ref, verdict in sent.verdicts().items()]
    known = [one for one in found if isinstance(one, Decision)]
    fresh = [one for one in found if isinstance(one, Weighed)]
    if known and fresh:
        raise Stale("decision: this form was used already; open the page again")
    if not fresh:
        return known
    if not together.fits(together.lines(actor, [one.track for one in fresh])):
        raise Invalid({"part": ["unlike"]})
    for one in fresh:
        actions_decide.judge(one)
    prove(actor, sent.code)
    return [actions_decide.conclude(actor, one) for one in fresh]


def _weigh(actor: Actor, ref: str, verdict: Verdict) -> Weighed | Decision:
    """As one by itself; a part that is not open any more is named too."""
    try:
        return actions_decide.weigh(actor, ref, verdict)
    except AlreadyDecided:
        raise
    except IllegalStep as error:
        raise StaleScope((), f"/tracks/{ref}", queries.track(actor, ref).request.number) from error
